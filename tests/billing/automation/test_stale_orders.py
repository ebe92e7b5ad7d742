from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from billing.actions.payments import record_payment
from billing.models import AutomationSettings, DutyRun, Order
from billing.queries.clock import database_now
from tests.builders import World, place, place_paid_order, run_due_operations

Night = Callable[[str, date], DutyRun]


def test_an_order_that_nobody_paid_is_cancelled(world: World, night: Night) -> None:
    order = place(world.client, world.lite, ip="192.0.2.1")
    day = order.invoice.due_date + timedelta(days=30)
    assert night("stale_orders", day - timedelta(days=1)).done_count == 0
    assert night("stale_orders", day).done_amounts == {"EUR": "-5"}
    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.invoice.status) == ("CANCELLED", "CANCELLED")
    assert order.lines.get().services.get().status == "CANCELLED"


def test_money_for_a_part_keeps_it(world: World, night: Night) -> None:
    order = place(world.client, world.lite, ip="192.0.2.1")
    record_payment(
        invoice=order.invoice, gateway="manual", reference="1", amount=Decimal(1), actor="a", now=database_now()
    )
    assert night("stale_orders", order.invoice.due_date + timedelta(days=90)).done_count == 0


def test_a_paid_order_is_kept_though_nobody_accepted_it(world: World, night: Night) -> None:
    service = place_paid_order(world.client, world.lite, ip="192.0.2.1")
    assert night("stale_orders", service.registered_on + timedelta(days=90)).done_count == 0


def test_what_was_bought_unpaid_is_a_persons_to_decide(world: World, night: Night) -> None:
    world.lite.auto_setup = "ORDER"
    world.lite.save()
    order = place(world.client, world.lite, ip="192.0.2.1")
    run_due_operations()
    assert night("stale_orders", order.invoice.due_date + timedelta(days=90)).done_count == 0


def test_the_setting_switches_it_off(world: World, night: Night) -> None:
    AutomationSettings.objects.create(pk=1, stale_order_days=0)
    order = place(world.client, world.lite, ip="192.0.2.1")
    assert night("stale_orders", order.invoice.due_date + timedelta(days=900)).done_count == 0
