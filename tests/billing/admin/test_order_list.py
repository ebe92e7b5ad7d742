"""The list of orders: how far each is paid, and what those found come to."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.order_decisions import cancel_order
from billing.actions.ordering import place_order
from billing.actions.payments import record_payment
from billing.models import Invoice, Order
from billing.queries.clock import database_now
from billing.queries.order_totals import order_totals
from catalog.actions.products import update_product
from tests.billing.admin.pages import days_away, list_of, rows_of, text_of
from tests.billing.views.pages import count_queries
from tests.builders import World, make_client, pay, place
from tests.catalog.samples import price
from tests.kept_scenes import kept_scene


def pay_some(invoice: Invoice, amount: str) -> None:
    record_payment(
        invoice=invoice,
        gateway="bank_transfer",
        reference=f"part {invoice.pk}",
        amount=Decimal(amount),
        actor="test",
        now=database_now(),
    )


@pytest.fixture
@kept_scene
def orders(world: World) -> dict[str, Order]:
    """One in each state of payment."""
    names = ("paid", "part", "unpaid", "overdue", "cancelled")
    made = {name: place(world.client, world.lite, ip=f"192.0.2.{last}") for last, name in enumerate(names, start=10)}
    pay(made["paid"].invoice)
    pay_some(made["part"].invoice, "2.00")
    Invoice.objects.filter(order=made["overdue"]).update(due_date=days_away(-3))
    cancel_order(order=made["cancelled"], actor="test", now=database_now())
    return made


class TestPayment:
    @pytest.mark.parametrize(
        ("chosen", "found"),
        [
            (["paid"], {"paid"}),
            (["part"], {"part"}),
            (["unpaid"], {"unpaid", "overdue"}),
            (["overdue"], {"overdue"}),
            (["cancelled"], {"cancelled"}),
            (["refunded"], set()),
            (["none"], set()),
            (["paid", "part"], {"paid", "part"}),
            (["nonsense"], {"paid", "part", "unpaid", "overdue", "cancelled"}),
        ],
    )
    def test_filters(self, orders: dict[str, Order], sales: Browser, chosen: list[str], found: set[str]) -> None:
        query = "&".join(f"payment={code}" for code in chosen)
        rows = rows_of(sales.get(list_of(Order, f"?{query}")))
        assert {name for name, order in orders.items() if order in rows} == found

    def test_is_shown_in_words(self, orders: dict[str, Order], sales: Browser) -> None:
        words = text_of(sales.get(list_of(Order)))
        assert {f">{state}<" in words for state in ("Paid", "Unpaid", "Overdue", "Cancelled")} == {True}
        assert '<span class="money">€2.00</span> paid' in words
        assert "Bank transfer" in words

    def test_an_order_without_an_invoice_has_nothing_to_pay(self, world: World, sales: Browser) -> None:
        order = place(world.client, world.lite, ip="192.0.2.10")
        Invoice.objects.filter(order=order).update(order=None)
        assert rows_of(sales.get(list_of(Order, "?payment=none"))) == [order]


class TestAmounts:
    def test_filters_by_total(self, world: World, sales: Browser) -> None:
        small = place(world.client, world.lite, ip="192.0.2.10")
        large = place(world.client, world.business, ip="192.0.2.11")
        assert rows_of(sales.get(list_of(Order, "?total_from=10"))) == [large]
        assert rows_of(sales.get(list_of(Order, "?total_to=10"))) == [small]
        assert rows_of(sales.get(list_of(Order, "?total_from=5&total_to=5"))) == [small]
        assert len(rows_of(sales.get(list_of(Order, "?total_from=x")))) == 2

    def test_what_is_found_adds_up_by_currency(self, orders: dict[str, Order], world: World, sales: Browser) -> None:
        roubles = make_client(currency="RUB")
        update_product(
            product=world.lite, values={}, prices=[price("MONTHLY", "5"), price("MONTHLY", "490", currency="RUB")]
        )
        place(roubles, world.lite, ip="192.0.2.99")
        euros, rubles = order_totals(Order.objects.all())
        assert (euros.currency_id, euros.count, euros.total, euros.paid) == ("EUR", 5, 25, 7)
        assert (rubles.currency_id, rubles.count, rubles.total, rubles.paid) == ("RUB", 1, 490, 0)
        words = text_of(sales.get(list_of(Order, "?show=pending&payment=paid")))
        assert "Found 1 order: <strong>" in words
        assert "€5.00</span></strong>" in words

    def test_an_order_of_several_lines_counts_once(self, world: World, sales: Browser) -> None:
        items = [ItemRequest(world.lite, "MONTHLY", 1, {"ip": f"192.0.2.{last}"}) for last in (10, 11)]
        place_order(
            checkout=Checkout(
                client=world.client,
                items=items,
                payment_method="manual",
                key="two lines",
            ),
            actor="test",
            now=database_now(),
        )
        response = sales.get(list_of(Order, f"?lines__product__id__exact={world.lite.pk}"))
        ((_currency, total),) = [(each.currency_id, each) for each in response.context["totals"]]
        assert (total.count, total.total) == (1, 10)

    def test_nothing_found_adds_up_to_nothing(self, world: World, sales: Browser) -> None:
        response = sales.get(list_of(Order, "?q=nobody"))
        assert response.context["totals"] == []


class TestSearching:
    @pytest.mark.parametrize("by", ["number", "invoice", "company"])
    def test_finds(self, world: World, sales: Browser, by: str) -> None:
        order = place(make_client(company="Roga i kopyta"), world.lite, ip="192.0.2.10")
        place(world.client, world.lite, ip="192.0.2.11")
        pay(order.invoice)
        order.invoice.refresh_from_db()
        text = {"number": order.number, "invoice": order.invoice.number, "company": "kopyta"}[by]
        assert rows_of(sales.get(list_of(Order, f"?q={text}"))) == [order]

    def test_names_the_first_items(self, world: World, sales: Browser) -> None:
        items = [ItemRequest(world.lite, "MONTHLY", 1, {"ip": f"192.0.2.{last}"}) for last in range(10, 15)]
        place_order(
            checkout=Checkout(
                client=world.client,
                items=items,
                payment_method="manual",
                key="five lines",
            ),
            actor="test",
            now=database_now(),
        )
        words = text_of(sales.get(list_of(Order)))
        assert words.count("ispmanager lite</span>") == 3
        assert "and 2 more" in words


def test_more_orders_take_no_more_queries(orders: dict[str, Order], world: World, sales: Browser) -> None:
    address = list_of(Order, "?payment=unpaid&total_from=1")
    before: Any = count_queries(sales, address)
    for last in range(30, 36):
        place(make_client(), world.lite, ip=f"192.0.2.{last}")
    assert count_queries(sales, address) == before
