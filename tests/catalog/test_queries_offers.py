from typing import Any

import pytest

from catalog.models import Currency, CustomField, PaymentType, Product, ProductGroup, ProductOption
from catalog.queries import get_store_group, offered_prices
from catalog.queries_offers import Recommendation, read_order_page, read_shelf_page, recommend
from tests.catalog.samples import make_plain_product, make_product, price


def names(product: Product, currency: Currency) -> list[str]:
    page = read_order_page(product)
    return [found.product.name for found in recommend(page.cross_sells, currency=currency)]


class TestCrossSells:
    @pytest.fixture
    def main(self, group: ProductGroup) -> Product:
        return make_product(group, name="Main")

    @pytest.fixture
    def other(self, group: ProductGroup, main: Product) -> Product:
        other = make_plain_product(group, name="Other", payment_type=PaymentType.FREE)
        main.cross_sells.add(other)
        return other

    def test_are_those_of_the_product(self, main: Product, other: Product, eur: Currency) -> None:
        assert names(main, eur) == ["Other"]
        assert names(other, eur) == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"is_hidden": True},
            {"is_retired": True},
            {"is_addon": True},
            {"has_stock_control": True, "stock_quantity": 0},
            {"payment_type": PaymentType.ONE_TIME},
        ],
        ids=["hidden", "retired", "addon", "sold out", "without a price in this currency"],
    )
    def test_that_cannot_be_ordered_are_not_shown(
        self, main: Product, other: Product, eur: Currency, changes: dict[str, Any]
    ) -> None:
        Product.objects.filter(pk=other.pk).update(**changes)
        assert names(main, eur) == []

    def test_of_a_hidden_group_are_not_shown(self, main: Product, other: Product, eur: Currency) -> None:
        Product.objects.filter(pk=other.pk).update(group=ProductGroup.objects.create(slug="x", is_hidden=True))
        assert names(main, eur) == []

    def test_are_not_what_is_chosen_already(self, other: Product, eur: Currency) -> None:
        assert list(recommend([other], currency=eur, apart_from=[other.pk])) == []


class TestShelfPage:
    @pytest.fixture
    def main(self, group: ProductGroup, rub: Currency) -> Product:
        """With an addon, and a recommendation elsewhere; two others stand on its shelf, one of them for rubles."""
        main = make_product(group, name="Main")
        main.addons.add(make_plain_product(group, name="Addon", is_addon=True, payment_type=PaymentType.FREE))
        elsewhere = ProductGroup.objects.create(slug="elsewhere")
        main.cross_sells.add(make_product(elsewhere, name="Recommended"))
        make_product(group, name="Other", prices=[price("MONTHLY", "7"), price("MONTHLY", "700", currency="RUB")])
        make_product(group, name="Ruble", prices=[price("MONTHLY", "900", currency="RUB")])
        return Product.objects.select_related("group").get(pk=main.pk)

    def test_is_the_page_and_the_shelf(self, main: Product, eur: Currency) -> None:
        assert read_shelf_page(main, currency=eur) == (
            read_order_page(main),
            get_store_group(slug=main.group.slug, currency=eur),
        )

    def test_takes_as_many_queries_as_the_page(
        self, main: Product, eur: Currency, django_assert_num_queries: Any
    ) -> None:
        ProductOption.objects.create(product=main, key="n", minimum=0, maximum=5)
        with django_assert_num_queries(5):
            page, shelf = read_shelf_page(main, currency=eur)
            assert [offered_prices(one, eur)[0].price for one in (page.product, *page.addons)] == [5, 0]
            assert {listed.product.name: listed.prices[0].price for listed in shelf.products} == {"Main": 5, "Other": 7}


class TestAsking:
    def offer(self, product: Product, currency: Currency) -> Recommendation:
        return Recommendation(product, offered_prices(product, currency))

    def test_a_plain_product_needs_no_form(self, group: ProductGroup, eur: Currency) -> None:
        assert not self.offer(make_plain_product(group, payment_type=PaymentType.FREE), eur).is_asking

    def test_a_required_field_needs_one(self, group: ProductGroup, eur: Currency) -> None:
        product = make_plain_product(group, payment_type=PaymentType.FREE)
        field = CustomField.objects.create(product=product, key="x", is_required=True, is_on_order_form=True)
        assert self.offer(product, eur).is_asking
        CustomField.objects.filter(pk=field.pk).update(is_admin_only=True)
        assert not self.offer(product, eur).is_asking

    def test_a_choice_of_periods_needs_one(self, group: ProductGroup, eur: Currency) -> None:
        prices = [price("MONTHLY", "5"), price("ANNUALLY", "50")]
        assert self.offer(make_plain_product(group, prices=prices), eur).is_asking

    def test_a_domain_and_a_number_needs_one(self, group: ProductGroup, eur: Currency) -> None:
        named = make_plain_product(group, payment_type=PaymentType.FREE, is_domain_required=True)
        assert self.offer(named, eur).is_asking
        counted = make_plain_product(group, payment_type=PaymentType.FREE)
        ProductOption.objects.create(product=counted, key="n", minimum=1, maximum=5)
        assert self.offer(counted, eur).is_asking
