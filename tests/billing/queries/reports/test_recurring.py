"""Recurring revenue: how it moves, and that it adds up to what was booked for periods."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.actions.credit_notes import issue_credit_note
from billing.actions.renewal_runs import issue_renewals
from billing.models import Client, CreditNoteTo, Invoice, LineKind, Promotion, Service
from billing.queries.clock import business_date
from billing.queries.reports import Section
from catalog.models import Currency, Price, Product
from catalog.periods import add_months
from tests.billing.queries.reports.mixed_books import named, order, read, receive, totals
from tests.builders import World, make_client, make_hosting

JANUARY = datetime(2026, 1, 12, 9, tzinfo=UTC)
JUNE = datetime(2026, 6, 20, 9, tzinfo=UTC)


@pytest.fixture
def hosting(world: World) -> Product:
    product = make_hosting(world.group, price="12.00", setup_fee="5.00")
    Price.objects.create(product=product, currency=Currency.objects.get(code="EUR"), cycle="ANNUALLY", price=60)
    return product


def subscribe(client: Client, product: Product, *, now: datetime = JANUARY, **how: Any) -> Service:
    """Ordered, paid and live."""
    placed = order(client, product, now=now, **how)
    receive(placed.invoice, now=now)
    Service.objects.filter(order_line__order=placed).update(status="ACTIVE")
    return Service.objects.get(order_line__order=placed)


def renew_until(last: date) -> None:
    """Everything that falls due is invoiced and paid, month after month."""
    day = business_date(JANUARY)
    while day < last:
        day = add_months(day, 1, anchor_day=12)
        now = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
        while issue_renewals(on=day, now=now):
            for invoice in Invoice.objects.filter(status="UNPAID"):
                receive(invoice, now=now)


def end(service: Service, day: date) -> None:
    Service.objects.filter(pk=service.pk).update(
        status="TERMINATED", ended_at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    )


def months(section: Section, name: str) -> list[int]:
    return [named("recurring", row)[name] for row in section.rows]


@pytest.fixture
def half_year(world: World, hosting: Product) -> Section:
    """One client grows in March and shrinks in May, one leaves in April, one comes with a year in February."""
    growing, leaving = make_client(), make_client()
    subscribe(growing, hosting)
    left = subscribe(leaving, hosting)
    subscribe(make_client(), hosting, cycle="ANNUALLY", now=JANUARY + timedelta(days=31))
    more = subscribe(growing, hosting, now=JANUARY + timedelta(days=59))
    renew_until(date(2026, 4, 1))
    end(left, date(2026, 4, 20))
    renew_until(date(2026, 5, 1))
    end(more, date(2026, 5, 20))
    renew_until(date(2026, 6, 1))
    return read("recurring", **{"from": "2026-01-01", "until": "2026-12-31"}, now=JUNE)["EUR"]


def test_it_moves_by_client_from_month_to_month(half_year: Section) -> None:
    assert [str(row[0]) for row in half_year.rows] == [f"2026-0{month}" for month in range(1, 7)]
    assert months(half_year, "recurring") == [24, 29, 41, 29, 17, 17]
    assert months(half_year, "new") == [24, 5, 0, 0, 0, 0]
    assert months(half_year, "expansion") == [0, 0, 12, 0, 0, 0]
    assert months(half_year, "contraction") == [0, 0, 0, 0, 12, 0]
    assert months(half_year, "lost") == [0, 0, 0, 12, 0, 0]
    assert months(half_year, "lost_clients") == [0, 0, 0, 1, 0, 0]
    assert months(half_year, "clients") == [2, 3, 3, 2, 2, 2]
    assert months(half_year, "churn")[3] == Decimal("29.3")
    assert months(half_year, "per_client")[2] == Decimal("13.67")
    assert totals("recurring", half_year)["lost_clients"] == 1


def test_each_month_follows_from_the_one_before(half_year: Section) -> None:
    before = Decimal(0)
    for row in half_year.rows:
        cells = named("recurring", row)
        before += cells["new"] + cells["expansion"] - cells["contraction"] - cells["lost"]
        assert cells["recurring"] == before


def test_who_comes_back_is_new_again(world: World, hosting: Product) -> None:
    end(subscribe(world.client, hosting), date(2026, 1, 20))
    subscribe(world.client, hosting, now=JANUARY + timedelta(days=62))
    section = read("recurring", **{"from": "2026-01-01"}, now=JANUARY + timedelta(days=70))["EUR"]
    assert months(section, "new") == [0, 0, 12]


def test_what_nobody_paid_for_yet_does_not_recur(world: World, hosting: Product) -> None:
    placed = order(world.client, hosting, now=JANUARY)
    asked = {"from": "2026-01-01", "until": "2026-01-31"}
    assert read("recurring", **asked, now=JUNE) == {}
    receive(placed.invoice, now=JANUARY)
    assert months(read("recurring", **asked, now=JUNE)["EUR"], "recurring") == [12]


def test_all_months_together_are_what_was_booked_for_periods(world: World, hosting: Product) -> None:
    """Discounts and credit notes too; the last day of each month is in one period of each service."""
    Promotion.objects.create(code="SPRING", type="PERCENT", value=Decimal(25), is_recurring=True, renewals=2)
    subscribe(make_client(), hosting, code="SPRING")
    subscribe(make_client(), hosting, cycle="ANNUALLY")
    Product.objects.filter(pk=hosting.pk).update(is_prorata=True, prorata_day=1, prorata_next_after=20)
    hosting.refresh_from_db()
    subscribe(make_client(), hosting, now=JANUARY + timedelta(days=12))
    renew_until(date(2026, 6, 1))
    renewal = Invoice.objects.filter(lines__period_start=date(2026, 3, 12)).earliest("pk")
    line = renewal.lines.get(kind=LineKind.SERVICE)
    issue_credit_note(
        invoice=renewal,
        to=CreditNoteTo.CREDIT,
        reason="less",
        amounts={line.pk: Decimal("4.50")},
        actor="test",
        now=JUNE,
    )
    section = read("recurring", **{"from": "2026-01-01", "until": "2027-12-31"}, now=JUNE + timedelta(days=500))["EUR"]
    booked = read("revenue", **{"from": "2026-01-01", "until": "2026-12-31"}, now=JUNE)["EUR"]
    setup_fees = 2 * Decimal("5.00")  # a year has none
    assert sum(months(section, "recurring")) == totals("revenue", booked)["revenue"] - setup_fees
