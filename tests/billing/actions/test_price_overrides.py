"""Prices that an operator grants: what is charged now and later, and what the history says."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.actions.checkouts import ItemRequest
from billing.actions.ordering import CheckoutConflict
from billing.actions.price_overrides import PriceOverride, apply_overrides
from billing.models import Email, Event, Order, Service
from billing.queries.order_items import CheckedItem
from catalog.models import Product
from catalog.money import round_money
from tests.billing.actions.test_ordering import faults_of, order
from tests.builders import World, make_hosting

IP = {"ip": "192.0.2.1"}


def granted(price: str | None = None, fee: str | None = None, reason: str = "Old friend") -> PriceOverride:
    def amount(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    return PriceOverride(amount(price), amount(fee), reason)


def order_at(world: World, override: PriceOverride, **options: Any) -> Order:
    product = Product.objects.filter(name="Hosting").first() or make_hosting(world.group)
    return order(world, ItemRequest(product, "MONTHLY", 2), overrides={0: override}, **options)


def test_line_invoice_and_services_follow_the_granted_price(world: World) -> None:
    placed = order_at(world, granted("3.50", "1"))
    line = placed.lines.get()
    assert (line.unit_price, line.setup_fee, placed.total) == (Decimal("3.50"), Decimal(1), Decimal(9))
    assert placed.invoice.total == sum(row.amount for row in placed.invoice.lines.all()) == 9
    for service in Service.objects.all():
        assert (service.first_amount, service.recurring_amount) == (Decimal("4.50"), Decimal("3.50"))


def test_the_history_says_what_was_granted_by_whom_and_why(world: World) -> None:
    event = Event.objects.get(name="order.price_overridden", order=order_at(world, granted("3.50")))
    assert event.actor == "test"
    assert event.data == {"product": "Hosting", "unit_price": "5.00 → 3.50", "reason": "Old friend"}


def test_a_free_line_makes_no_invoice(world: World) -> None:
    placed = order_at(world, granted("0"))
    assert placed.total == 0
    assert not hasattr(placed, "invoice")
    assert {service.next_due_date for service in Service.objects.all()} == {None}


@pytest.mark.parametrize(
    ("override", "path"),
    [
        (granted("3.50", reason=" "), "items.0.reason"),
        (granted(reason="why"), "items.0.unit_price"),
        (granted("-1"), "items.0.unit_price"),
        (granted("NaN"), "items.0.unit_price"),
        (granted("1.005"), "items.0.unit_price"),
        (granted(fee="1000000000000"), "items.0.setup_fee"),
        (granted("1", reason="x" * 251), "items.0.reason"),
    ],
)
def test_a_wrong_grant_is_told_on_its_input(world: World, override: PriceOverride, path: str) -> None:
    faults = faults_of(world, ItemRequest(world.lite, "MONTHLY", 1, IP), overrides={0: override})
    assert list(faults) == [path]


def test_a_place_without_a_line_is_refused(world: World) -> None:
    faults = faults_of(world, ItemRequest(world.lite, "MONTHLY", 1, IP), overrides={1: granted("1")})
    assert list(faults) == ["items"]


def test_the_same_key_with_another_grant_is_another_order(world: World) -> None:
    first = order_at(world, granted("3"))
    assert order_at(world, granted("3")) == first
    with pytest.raises(CheckoutConflict):
        order_at(world, granted("2"))
    assert Event.objects.filter(name="order.price_overridden").count() == 1


@pytest.mark.parametrize("is_told", [True, False])
def test_letters_go_out_only_where_the_client_is_to_be_told(world: World, is_told: bool) -> None:
    order_at(world, granted("3"), is_client_told=is_told)
    letters = set(Email.objects.filter(client=world.client).values_list("letter", flat=True))
    assert ({"order.placed", "invoice.issued"} <= letters) is is_told


@given(price=st.decimals(0, 10**6, places=2), fee=st.decimals(0, 10**6, places=2), quantity=st.integers(1, 100))
def test_what_is_granted_is_what_is_charged(price: Decimal, fee: Decimal, quantity: int) -> None:

    item = CheckedItem(Product(name="x"), "MONTHLY", quantity, {}, (), Decimal(7), Decimal(8), 2, None, None)
    (changed,) = apply_overrides([item], {0: PriceOverride(price, fee, "why")})
    assert (changed.unit_price, changed.setup_fee) == (price, fee)
    assert round_money(changed.unit_price, precision=2) == price
