from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing.models import Order
from tests.billing.admin.pages import ask, buttons_on, days_away, list_of, page_of, press, rows_of, succeeded, text_of
from tests.billing.views.pages import count_queries
from tests.builders import World, make_active_service, make_client, make_hosting, make_product, pay, place


def test_accepting_says_that_nothing_moves_and_accepts(world: World, sales: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    assert "No money of the client moves" in ask(sales, order, "accept")
    assert succeeded(press(sales, order, "accept"))
    order.refresh_from_db()
    assert order.status == "ACTIVE"
    assert buttons_on(sales, order) == ["fraud"]
    assert order.events.get(name="order.accepted").actor == "sales_operator@example.com"


def test_accepting_says_what_is_bought(world: World, sales: Browser) -> None:
    by_hand = make_product(world.group, tariff_id="55227", name="by hand", price="5", auto_setup="ACCEPT")
    order = place(world.client, by_hand, ip="192.0.2.10")
    assert "bought at the partner now: 1" in ask(sales, order, "accept")
    press(sales, order, "accept")
    assert order.lines.get().services.get().operations.get().status == "QUEUED"


def test_cancelling_an_unpaid_order_names_the_invoice(world: World, sales: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    words = ask(sales, order, "cancel")
    assert f"Invoice {order.invoice} is cancelled: €5.00" in words
    assert "Nothing was bought yet" in words
    press(sales, order, "cancel")
    order.invoice.refresh_from_db()
    assert order.invoice.status == "CANCELLED"


def test_cancelling_a_paid_order_names_money_and_licenses(world: World, sales: Browser) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.10", licname="web")
    order = service.order_line.order
    words = ask(sales, order, "cancel")
    assert "€5.00 that was paid becomes the credit of Anna Berg" in words
    assert service.remote_id in words
    press(sales, order, "cancel")
    world.client.refresh_from_db()
    assert world.client.credit_balance == 5
    assert service.operations.filter(kind="TERMINATE").exists()


def test_a_second_decision_is_refused_in_words(world: World, sales: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    press(sales, order, "accept")
    response = press(sales, order, "cancel")
    assert not succeeded(response)
    assert "Only a pending order" in text_of(response)


def test_the_page_shows_lines_services_invoice_and_events(world: World, sales: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    words = text_of(sales.get(page_of(order)))
    service = order.lines.get().services.get()
    assert f"ispmanager lite #{service.pk}" in words
    assert page_of(order.invoice) in words
    assert "Order placed" in words


def test_the_list_filters_by_status_and_finds_by_email(world: World, sales: Browser) -> None:
    pending = place(world.client, world.lite, ip="192.0.2.10")
    accepted = place(make_client(email="boris@example.com"), world.lite, ip="192.0.2.11")
    press(sales, accepted, "accept")
    assert rows_of(sales.get(list_of(Order, "?show=pending"))) == [pending]
    assert rows_of(sales.get(list_of(Order, "?show=active"))) == [accepted]
    assert len(rows_of(sales.get(list_of(Order, "?payment_method=bank_transfer")))) == 2
    assert rows_of(sales.get(list_of(Order, "?payment_method=manual"))) == []
    assert rows_of(sales.get(list_of(Order, "?placed_at_to=2020-02-01"))) == []
    today = f"?placed_at_from={days_away(0)}&placed_at_to={days_away(0)}"
    assert len(rows_of(sales.get(list_of(Order, today)))) == 2
    assert rows_of(sales.get(list_of(Order, "?q=boris@example.com"))) == [accepted]
    assert rows_of(sales.get(list_of(Order, f"?q={pending.number}"))) == [pending]


def test_an_order_paid_already_shows_so_in_the_list(world: World, sales: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    pay(order.invoice)
    assert ">Paid<" in text_of(sales.get(list_of(Order)))


def test_without_scripts_the_button_works_as_a_page(world: World, sales: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    response = sales.post(f"/admin/billing/order/{order.pk}/do/accept/")
    assert response.status_code == 302
    assert response.headers["Location"] == page_of(order)


def test_marking_as_fraud_asks_what_becomes_of_what_was_bought(world: World, sales: Browser) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.10")
    order = service.order_line.order
    words = ask(sales, order, "fraud")
    assert f"At the partner already: {service.remote_id} (EU account)" in words
    assert 'name="is_bought_ended"' in words
    assert succeeded(press(sales, order, "fraud", is_bought_ended="on"))
    order.refresh_from_db()
    assert order.status == "FRAUD"
    assert service.operations.get(kind="TERMINATE").params == {"end_as": "FRAUD"}


def test_without_the_tick_the_license_stays(world: World, sales: Browser) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.10")
    press(sales, service.order_line.order, "fraud")
    assert not service.operations.filter(kind="TERMINATE").exists()


def choose(browser: Browser, code: str, *orders: Order, **values: str) -> Any:
    """A decision on selected orders of the list: the question, or with `confirmed` the deed."""
    return browser.post(list_of(Order), {"action": code, "_selected_action": [order.pk for order in orders], **values})


class TestManyAtOnce:
    @pytest.fixture
    def orders(self, world: World) -> list[Order]:
        """Unpaid, bought, and accepted already."""
        bought = make_active_service(world.client, world.lite, ip="192.0.2.11").order_line.order
        unpaid, accepted = (place(world.client, world.lite, ip=f"192.0.2.{last}") for last in (10, 12))
        Order.objects.filter(pk=accepted.pk).update(status="ACTIVE")
        return [unpaid, bought, accepted]

    def test_cancelling_lists_money_services_and_licenses_of_each(self, orders: list[Order], sales: Browser) -> None:
        words = text_of(choose(sales, "cancel_selected", *orders))
        number = orders[1].lines.get().services.get().remote_id
        assert f"Invoice {orders[0].invoice} is cancelled: €5.00" in words
        assert "€5.00 that was paid becomes the credit of Anna Berg" in words
        assert f"the client loses them now: {number} (EU account)" in words
        assert "the order is not pending any more, but Active" in words
        assert "Cancel 2 orders" in words
        assert Order.objects.filter(status="PENDING").count() == 2

    def test_confirming_cancels_each_that_is_pending(self, orders: list[Order], sales: Browser) -> None:
        choose(sales, "cancel_selected", *orders, confirmed="yes")
        assert [Order.objects.get(pk=one.pk).status for one in orders] == ["CANCELLED", "CANCELLED", "ACTIVE"]
        assert orders[0].events.get(name="order.cancelled").actor == "sales_operator@example.com"

    def test_a_second_confirmation_changes_nothing(self, orders: list[Order], sales: Browser) -> None:
        choose(sales, "accept_selected", *orders, confirmed="yes")
        page = sales.post(
            list_of(Order),
            {"action": "accept_selected", "confirmed": "yes", "_selected_action": [one.pk for one in orders]},
            follow=True,
        )
        assert "Only a pending order" in text_of(page)
        assert orders[0].events.filter(name="order.accepted").count() == 1

    def test_support_may_not_decide(self, orders: list[Order], support: Browser) -> None:
        assert choose(support, "accept_selected", *orders, confirmed="yes").status_code == 403
        assert Order.objects.filter(status="PENDING").count() == 2

    def test_more_orders_take_no_more_queries(
        self, world: World, orders: list[Order], sales: Browser, django_assert_num_queries: Any
    ) -> None:
        with CaptureQueriesContext(connection) as few:
            choose(sales, "cancel_selected", orders[0])
        more = [place(world.client, world.lite, ip=f"192.0.2.{last}") for last in range(20, 26)]
        with django_assert_num_queries(len(few)):
            choose(sales, "cancel_selected", orders[0], *more)


def test_the_list_filters_by_client_and_product(world: World, sales: Browser) -> None:
    mine = place(world.client, world.lite, ip="192.0.2.10")
    theirs = place(make_client(), world.business, ip="192.0.2.11")
    assert rows_of(sales.get(list_of(Order, f"?client__id__exact={world.client.pk}"))) == [mine]
    assert rows_of(sales.get(list_of(Order, f"?lines__product__id__exact={world.business.pk}"))) == [theirs]
    before = count_queries(sales, list_of(Order))
    place(world.client, make_hosting(world.group), quantity=3)
    assert count_queries(sales, list_of(Order)) == before
