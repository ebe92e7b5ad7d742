"""Prorata on its whole way: quote, order, invoice, dates, renewal, addons."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.ordering import place_order
from billing.actions.renewal_runs import issue_renewals
from billing.models import Invoice, Service
from catalog.models import Product
from tests.builders import World, make_product, pay, place, run_due_operations

JANUARY = datetime(2026, 1, 22, 12, tzinfo=UTC)


@pytest.fixture
def product(world: World) -> Product:
    return make_product(
        world.group,
        tariff_id="",
        name="Managed server",
        price="30.00",
        setup_fee="5.00",
        module="",
        is_prorata=True,
        prorata_day=1,
        prorata_next_after=20,
    )


def test_the_rest_of_january_and_february_then_the_first_of_march(world: World, product: Product) -> None:
    order = place(world.client, product, now=JANUARY)
    service = Service.objects.get()
    assert (order.total, service.first_amount, service.recurring_amount) == (
        Decimal("44.68"),
        Decimal("44.68"),
        Decimal(30),
    )
    period = order.invoice.lines.get(kind="SERVICE")
    assert (period.amount, period.period_start, period.period_end) == (
        Decimal("39.68"),
        date(2026, 1, 22),
        date(2026, 3, 1),
    )
    pay(order.invoice, now=JANUARY)
    service.refresh_from_db()
    assert (service.paid_until, service.next_due_date) == (date(2026, 3, 1), date(2026, 3, 1))


def test_later_periods_are_whole_and_begin_on_the_date(world: World, product: Product) -> None:
    order = place(world.client, product, now=JANUARY)
    pay(order.invoice, now=JANUARY)
    run_due_operations()
    Service.objects.update(status="ACTIVE")
    issue_renewals(on=date(2026, 2, 20), now=JANUARY)
    line = Invoice.objects.get(status="UNPAID").lines.get()
    assert (line.amount, line.period_start, line.period_end) == (Decimal(30), date(2026, 3, 1), date(2026, 4, 1))


def test_an_addon_joins_the_date_of_its_parent(world: World, product: Product) -> None:
    addon = make_product(world.group, tariff_id="", name="Backups", price="31.00", module="", is_addon=True)
    product.addons.add(addon)
    order = place_order(
        checkout=Checkout(
            client=world.client,
            items=[ItemRequest(product, "MONTHLY"), ItemRequest(addon, "MONTHLY", parent_item=0)],
            payment_method="bank_transfer",
            key="prorata",
        ),
        actor="test",
        now=JANUARY,
    )
    backups = Service.objects.get(product=addon)
    line = order.invoice.lines.get(service=backups)
    assert (line.amount, line.period_end, backups.anchor_day) == (Decimal("41.00"), date(2026, 3, 1), 1)
