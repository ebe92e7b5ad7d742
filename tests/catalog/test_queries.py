from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Currency, Product, ProductGroup
from catalog.queries import (
    get_price,
    get_store_group,
    offered_prices,
)
from catalog.queries_offers import get_sold_product
from tests.catalog.samples import make_plain_product, make_product, price


class TestStoreGroup:
    def test_lists_products_with_their_prices_in_one_currency(self, group: ProductGroup, eur: Currency) -> None:
        product = make_product(
            group, prices=[price("ANNUALLY", "50"), price("MONTHLY", "5"), price("MONTHLY", "500", currency="RUB")]
        )
        shelf = get_store_group(slug="licenses", currency=eur)
        (listed,) = shelf.products
        assert (shelf.group, listed.product) == (group, product)
        assert [(row.cycle, row.price) for row in listed.prices] == [("MONTHLY", 5), ("ANNUALLY", 50)]

    @pytest.mark.parametrize("changes", [{"is_hidden": True}, {"is_retired": True}])
    def test_leaves_out_what_is_hidden_or_retired(self, group: ProductGroup, eur: Currency, changes: Any) -> None:
        make_product(group, **changes)
        assert get_store_group(slug="licenses", currency=eur).products == ()

    def test_leaves_out_what_has_no_price_in_the_currency(self, group: ProductGroup, rub: Currency) -> None:
        make_product(group)
        assert get_store_group(slug="licenses", currency=rub).products == ()

    def test_shows_free_products_in_any_currency(self, group: ProductGroup, rub: Currency) -> None:
        make_plain_product(group, payment_type="FREE")
        ((free,),) = (listed.prices for listed in get_store_group(slug="licenses", currency=rub).products)
        assert (free.cycle, free.price, free.currency) == ("ONE_TIME", Decimal(0), rub)

    def test_asks_the_database_twice_however_many_products(
        self, group: ProductGroup, eur: Currency, django_assert_num_queries: Any
    ) -> None:
        for number in range(5):
            make_product(group, name=f"Lite {number}")
        with django_assert_num_queries(2):
            assert len(get_store_group(slug="licenses", currency=eur).products) == 5


class TestDirectLinks:
    def test_a_hidden_group_and_product_are_found(self, group: ProductGroup, eur: Currency) -> None:
        product = make_product(group, is_hidden=True)
        ProductGroup.objects.update(is_hidden=True)
        assert get_sold_product(group_slug="licenses", product_slug=product.slug) == product
        assert get_store_group(slug="licenses", currency=eur).products == ()

    def test_a_group_shows_its_visible_products(self, group: ProductGroup, eur: Currency) -> None:
        product = make_product(group)
        assert [listed.product for listed in get_store_group(slug="licenses", currency=eur).products] == [product]

    def test_a_retired_product_is_not_found(self, group: ProductGroup) -> None:
        product = make_product(group, is_retired=True)
        with pytest.raises(Product.DoesNotExist):
            get_sold_product(group_slug="licenses", product_slug=product.slug)

    def test_an_unknown_group_is_not_found(self, eur: Currency) -> None:
        with pytest.raises(ProductGroup.DoesNotExist):
            get_store_group(slug="nothing", currency=eur)


class TestPrices:
    def test_a_cycle_or_currency_without_a_row_is_not_offered(
        self, group: ProductGroup, eur: Currency, rub: Currency
    ) -> None:
        product = make_product(group)
        found = get_price(product, "MONTHLY", eur)
        assert found is not None
        assert found.price == Decimal(5)
        assert get_price(product, "ANNUALLY", eur) is None
        assert get_price(product, "MONTHLY", rub) is None
        assert offered_prices(product, rub) == ()

    def test_a_free_product_costs_nothing_once(self, group: ProductGroup, eur: Currency) -> None:
        product = make_plain_product(group, payment_type="FREE")
        found = get_price(product, "ONE_TIME", eur)
        assert found is not None
        assert (found.price, found.setup_fee) == (0, 0)
        assert get_price(product, "MONTHLY", eur) is None
