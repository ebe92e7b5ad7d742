from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Currency, ProductGroup
from catalog.queries_front import front_groups
from tests.catalog.samples import make_plain_product, make_product, price


def test_a_group_starts_from_its_lowest_price_in_one_currency(group: ProductGroup, eur: Currency) -> None:
    make_product(group, name="Dear", prices=[price("MONTHLY", "9")])
    make_product(
        group,
        name="Cheap",
        prices=[price("ANNUALLY", "50"), price("MONTHLY", "5"), price("MONTHLY", "1", currency="RUB")],
    )
    (shown,) = front_groups(currency=eur)
    assert (shown.group, shown.product_count) == (group, 2)
    assert (shown.lowest.price, shown.lowest.cycle) == (Decimal(5), "MONTHLY")


def test_a_free_product_is_the_cheapest_in_any_currency(group: ProductGroup, rub: Currency) -> None:
    make_product(group)
    make_plain_product(group, payment_type="FREE")
    (shown,) = front_groups(currency=rub)
    assert (shown.product_count, shown.lowest.price, shown.lowest.cycle) == (1, Decimal(0), "ONE_TIME")


@pytest.mark.parametrize("changes", [{"is_hidden": True}, {"is_retired": True}])
def test_what_is_hidden_or_retired_neither_counts_nor_sets_the_price(
    group: ProductGroup, eur: Currency, changes: Any
) -> None:
    make_product(group, prices=[price("MONTHLY", "1")], **changes)
    assert front_groups(currency=eur) == []
    make_product(group, name="Shown", prices=[price("MONTHLY", "5")])
    (shown,) = front_groups(currency=eur)
    assert (shown.product_count, shown.lowest.price) == (1, Decimal(5))


def test_a_paid_price_of_a_product_that_became_free_is_not_shown(group: ProductGroup, eur: Currency) -> None:
    make_product(group, prices=[price("MONTHLY", "5")])
    group.products.update(payment_type="FREE")
    (shown,) = front_groups(currency=eur)
    assert (shown.lowest.price, shown.lowest.pk) == (Decimal(0), None)


def test_hidden_groups_and_those_that_sell_nothing_in_the_currency_are_left_out(
    group: ProductGroup, eur: Currency, rub: Currency
) -> None:
    make_product(group)
    assert front_groups(currency=rub) == []
    ProductGroup.objects.update(is_hidden=True)
    assert front_groups(currency=eur) == []


def test_groups_stand_in_their_order(group: ProductGroup, eur: Currency) -> None:
    first = ProductGroup.objects.create(name="Zeta", slug="zeta", position=0)
    ProductGroup.objects.filter(pk=group.pk).update(position=1)
    make_product(group)
    make_product(first)
    assert [shown.group for shown in front_groups(currency=eur)] == [first, group]


def test_the_database_is_asked_twice_however_much_there_is(
    group: ProductGroup, eur: Currency, django_assert_num_queries: Any
) -> None:
    for number in range(3):
        other = ProductGroup.objects.create(name=f"Group {number}", slug=f"group-{number}")
        make_product(other, name="Lite")
        make_product(other, name="Pro")
    with django_assert_num_queries(2):
        assert [shown.product_count for shown in front_groups(currency=eur)] == [2, 2, 2]
