from decimal import Decimal
from typing import Any

import pytest

from catalog.actions.options import create_missing_options
from catalog.actions.products import OptionValues, ProductInvalid, update_product
from catalog.checks import find_warnings
from catalog.models import OptionPrice, Product, ProductGroup, ProductOption
from tests.catalog.samples import (
    BITNINJA,
    BUSINESS,
    LITE,
    make_business,
    make_plain_product,
    make_product,
    price,
)

pytestmark = pytest.mark.django_db


def refuse(product: Product, *options: OptionValues, **changes: Any) -> dict[str, list[str]]:
    """Errors of a change that must not be made."""
    before = [*ProductOption.objects.values()], [*OptionPrice.objects.values()]
    with pytest.raises(ProductInvalid) as raised:
        update_product(product=product, values=changes, options=options)
    assert ([*ProductOption.objects.values()], [*OptionPrice.objects.values()]) == before
    return raised.value.errors


class TestByThemselves:
    def test_business_gets_additional_servers(self, group: ProductGroup) -> None:
        option = make_product(group, tariff_id=BUSINESS).options.get()
        assert (option.key, option.label, option.addon_id) == ("nodes", "Additional servers", "55236")
        assert (option.minimum, option.maximum, option.prices.count()) == (0, 100, 0)

    @pytest.mark.parametrize("tariff_id", [LITE, BITNINJA])
    def test_others_get_none(self, group: ProductGroup, tariff_id: str) -> None:
        assert not make_product(group, tariff_id=tariff_id).options.exists()

    def test_once(self, group: ProductGroup) -> None:
        product = make_product(group, tariff_id=BUSINESS)
        update_product(product=product, values={"name": "Business"})
        assert create_missing_options(product) == []
        assert product.options.count() == 1

    @pytest.mark.parametrize("changes", [{"label": "Серверы"}, {"key": "servers"}, {"addon_id": "1"}])
    def test_one_that_exists_stays_as_it_is(self, group: ProductGroup, changes: dict[str, str]) -> None:
        product = make_product(group, tariff_id=BUSINESS)
        product.options.update(**changes)
        update_product(product=product, values={"name": "Business"})
        assert product.options.filter(**changes).count() == product.options.count() == 1

    def test_an_addon_gets_it_too(self, group: ProductGroup) -> None:
        assert make_product(group, tariff_id=BUSINESS, is_addon=True).options.get().key == "nodes"

    def test_a_product_that_becomes_business_gets_it(self, group: ProductGroup) -> None:
        product = update_product(product=make_product(group), values={"tariff_id": BUSINESS})
        assert product.options.get().addon_id == "55236"


class TestWriting:
    def test_prices_are_replaced_as_a_whole(self, group: ProductGroup) -> None:
        product = make_business(group, price("MONTHLY", "5", setup_fee="1"), price("MONTHLY", "500", currency="RUB"))
        option = product.options.get()
        update_product(product=product, values={}, options=[OptionValues("nodes", prices=[price("ANNUALLY", "50")])])
        assert [(row.cycle, row.price) for row in option.prices.all()] == [("ANNUALLY", Decimal(50))]

    def test_what_is_not_named_stays(self, group: ProductGroup) -> None:
        product = make_business(group, price("MONTHLY", "5"))
        update_product(product=product, values={}, options=[OptionValues("nodes", {"maximum": 7})])
        option = product.options.get()
        assert (option.maximum, option.addon_id, option.prices.count()) == (7, "55236", 1)

    def test_an_own_option_is_added(self, group: ProductGroup) -> None:
        product = make_plain_product(group)
        option = OptionValues("hours", {"label": "Hours", "minimum": 1}, [price("MONTHLY", "40")])
        update_product(product=product, values={}, options=[option])
        assert (product.options.get().label, product.options.get().prices.get().price) == ("Hours", Decimal(40))


class TestRefusals:
    @pytest.mark.parametrize(
        ("key", "values", "path"),
        [
            ("", {"label": "Hours"}, "key"),
            ("a b", {"label": "Hours"}, "key"),
            ("hours", {}, "label"),
            ("hours", {"label": "x" * 151}, "label"),
            ("hours", {"label": "Hours", "minimum": 5, "maximum": 4}, "maximum"),
            ("hours", {"label": "Hours", "minimum": -1}, "minimum"),
            ("hours", {"label": "Hours", "addon_id": "many"}, "addon_id"),
            ("hours", {"label": "Hours", "addon_id": "55236"}, "addon_id"),
        ],
    )
    def test_each_wrong_value_on_its_field(
        self, group: ProductGroup, key: str, values: dict[str, Any], path: str
    ) -> None:
        product = make_business(group)
        assert list(refuse(product, OptionValues(key, values))) == [f"options.0.{path}"]

    def test_one_key_twice(self, group: ProductGroup) -> None:
        wanted = OptionValues("hours", {"label": "Hours"})
        assert list(refuse(make_plain_product(group), wanted, wanted)) == ["options.1.key"]

    @pytest.mark.parametrize(
        ("cycle", "amount", "words"),
        [
            ("ONE_TIME", "5", "one-time"),
            ("WEEKLY", "5", "WEEKLY"),
            ("MONTHLY", "-5", "below zero"),
            ("MONTHLY", "5.001", "at most 2 decimals"),
        ],
    )
    def test_prices_that_make_no_sense(self, group: ProductGroup, cycle: str, amount: str, words: str) -> None:
        errors = refuse(make_business(group), OptionValues("nodes", prices=[price(cycle, amount)]))
        assert words in errors["options.0.prices"][0]

    def test_two_prices_for_one_cycle(self, group: ProductGroup) -> None:
        twice = OptionValues("nodes", prices=[price("MONTHLY", "5"), price("MONTHLY", "6")])
        assert "two prices" in refuse(make_business(group), twice)["options.0.prices"][0]


class TestWarnings:
    def test_an_option_without_a_price(self, group: ProductGroup) -> None:
        assert "no price yet" in find_warnings(make_business(group))[0]
        assert find_warnings(make_business(group, price("MONTHLY", "5"))) == []

    def test_an_addon_of_another_product_id(self, group: ProductGroup) -> None:
        product = make_business(group, price("MONTHLY", "5"))
        (warning,) = find_warnings(update_product(product=product, values={"tariff_id": LITE}))
        assert "does not belong to 55227" in warning
