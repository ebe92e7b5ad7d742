"""The judges of the simulated year see what is wrong."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from billing.models import Invoice, InvoiceLine, Service
from billing.queries.clock import business_date, database_now
from billing.simulation.judging import GRACE, Breach, judge_day, judge_numbers, judge_periods
from billing.simulation.till import Till
from tests.builders import World, make_hosting, pay, place
from tests.kept_scenes import kept_scene


@pytest.fixture
@kept_scene
def service(world: World) -> Service:
    order = place(world.client, make_hosting(world.group))
    pay(order.invoice)
    service = Service.objects.get(order_line__order=order)
    Service.objects.update(status="ACTIVE")
    service.refresh_from_db()
    return service


@pytest.fixture
def till(service: Service) -> Till:
    found = Till()
    found.cycles[service.pk].append((service.registered_on, "MONTHLY"))
    return found


def words(breaches: Iterator[Breach]) -> list[str]:
    return [breach.how for breach in breaches]


def test_a_period_that_is_as_it_should_be(service: Service, till: Till) -> None:
    assert words(judge_periods(till, service.registered_on)) == []


def test_a_gap_between_periods(service: Service, till: Till) -> None:
    line = InvoiceLine.objects.get()
    late = {"period_start": line.period_end + timedelta(days=1), "period_end": line.period_end + timedelta(days=31)}
    InvoiceLine.objects.create(invoice=line.invoice, service=service, kind="SERVICE", amount=5, **late)
    assert "expected" in words(judge_periods(till, service.registered_on))[0]


def test_a_period_that_nobody_billed(service: Service, till: Till) -> None:
    assert "is not billed" in words(judge_periods(till, date.max - timedelta(days=99)))[0]


def test_a_paid_date_that_no_invoice_explains(service: Service, till: Till) -> None:
    Service.objects.update(paid_until=service.registered_on)
    assert "by its invoices" in words(judge_periods(till, service.registered_on))[0]


def test_a_number_that_is_missing(service: Service) -> None:
    assert words(judge_numbers()) == []
    prefix = str(Invoice.objects.get().number).rpartition("-")[0]
    Invoice.objects.update(number=f"{prefix}-00002")
    assert words(judge_numbers()) == ["missing [1] of 2"]


def test_a_service_that_goes_on_unpaid(service: Service) -> None:
    today = business_date(database_now())
    assert words(judge_day(today)) == []
    Service.objects.update(paid_until=today - GRACE - timedelta(days=1))
    assert "paid until" in words(judge_day(today))[0]
