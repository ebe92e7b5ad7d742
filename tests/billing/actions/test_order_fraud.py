"""Orders marked as fraud: money, services, and what is at the partner."""

import pytest

from billing.actions.order_decisions import OrderClosed, OrderNotPending, accept_order, cancel_order, mark_order_fraud
from billing.models import Operation, Order, Service
from billing.queries.clock import database_now
from tests.builders import World, make_active_service, make_product, pay, place, place_paid_order, run_due_operations


def mark(order: Order, *, is_bought_ended: bool = True) -> Order:
    return mark_order_fraud(order=order, is_bought_ended=is_bought_ended, actor="test", now=database_now())


def test_an_unpaid_order_asks_for_nothing_and_buys_nothing(world: World) -> None:
    by_hand = make_product(world.group, tariff_id="55227", name="by hand", price="5", auto_setup="ACCEPT")
    order = place(world.client, by_hand, ip="192.0.2.10")
    assert mark(order).status == "FRAUD"
    order.invoice.refresh_from_db()
    assert order.invoice.status == "CANCELLED"
    assert Service.objects.get().status == "FRAUD"
    assert Operation.objects.get().status == "CANCELLED"
    assert order.events.get(name="order.marked_fraud").data == {"bought_ended": True}


def test_paid_money_becomes_credit_and_the_waiting_purchase_is_never_sent(world: World) -> None:
    service = place_paid_order(world.client, world.lite, ip="192.0.2.10")
    mark(service.order_line.order, is_bought_ended=False)
    run_due_operations()
    service.refresh_from_db()
    world.client.refresh_from_db()
    assert (service.status, service.remote_id, world.client.credit_balance) == ("FRAUD", "", 5)


def test_what_was_bought_ends_at_the_partner_as_fraud(world: World) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.10")
    accept_order(order=service.order_line.order, actor="test", now=database_now())
    mark(service.order_line.order)
    run_due_operations()
    service.refresh_from_db()
    assert service.status == "FRAUD"
    assert service.operations.get(kind="TERMINATE").status == "DONE"


def test_what_was_bought_stays_where_the_operator_says_so(world: World) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.10")
    mark(service.order_line.order, is_bought_ended=False)
    run_due_operations()
    service.refresh_from_db()
    assert service.status == "ACTIVE"
    assert not service.operations.filter(kind="TERMINATE").exists()


def test_what_has_ended_before_is_left_alone(world: World) -> None:
    """Its number may be someone else's at the partner by now."""
    service = make_active_service(world.client, world.lite, ip="192.0.2.10")
    Service.objects.filter(pk=service.pk).update(status="TERMINATED")
    mark(service.order_line.order)
    service.refresh_from_db()
    assert service.status == "TERMINATED"
    assert not service.operations.filter(kind="TERMINATE").exists()


@pytest.mark.parametrize("decide", [mark, lambda order: cancel_order(order=order, actor="test", now=database_now())])
def test_a_closed_order_is_not_decided_again(world: World, decide: object) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    mark(order)
    with pytest.raises((OrderClosed, OrderNotPending)):
        decide(order)  # type: ignore[operator]
    assert order.events.filter(name__in=["order.marked_fraud", "order.cancelled"]).count() == 1


def test_credit_is_given_once(world: World) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    pay(order.invoice)
    mark(order)
    with pytest.raises(OrderClosed):
        mark(order)
    world.client.refresh_from_db()
    assert world.client.credit_balance == 5
