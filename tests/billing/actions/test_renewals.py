from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.renewal_runs import issue_renewals
from billing.actions.renewals import issue_renewal_now
from billing.models import Email, Invoice, LedgerEntry, Operation, Seller, Service
from billing.queries.clock import database_now
from tests.builders import World, make_active_service, make_client, pay, place_paid_order


def issue(on: date) -> int:
    return issue_renewals(on=on, now=database_now())


@pytest.fixture
def service(world: World) -> Service:
    return make_active_service(world.client, world.lite, ip="192.0.2.1")


def move(service: Service, **dates: date) -> None:
    Service.objects.filter(pk=service.pk).update(**dates)
    service.refresh_from_db()


def test_an_invoice_comes_fourteen_days_before(service: Service) -> None:
    due = service.next_due_date
    assert issue(due - timedelta(days=15)) == 0
    assert issue(due - timedelta(days=14)) == 1
    invoice = Invoice.objects.get(status="UNPAID")
    line = invoice.lines.get()
    assert (invoice.due_date, invoice.total, line.period_start) == (due, Decimal("5.00"), due)
    assert Email.objects.filter(letter="invoice.issued", event__invoice=invoice).count() == 1


def test_the_invoice_keeps_both_parties_as_they_are_now(service: Service) -> None:
    Seller.objects.create(id=1, name="Reseller GmbH", country="DE")
    issue(service.next_due_date)
    invoice = Invoice.objects.get(status="UNPAID")
    assert (invoice.seller["name"], invoice.buyer["id"]) == ("Reseller GmbH", service.client_id)
    assert (invoice.language, invoice.exchange_rate) == ("en", 1)


def test_a_second_run_issues_nothing(service: Service) -> None:
    issue(service.next_due_date)
    assert issue(service.next_due_date) == 0
    assert issue(service.next_due_date + timedelta(days=40)) == 0


def test_the_next_period_is_invoiced_after_payment(service: Service) -> None:
    issue(service.next_due_date)
    pay(Invoice.objects.get(status="UNPAID"))
    service.refresh_from_db()
    assert issue(service.next_due_date) == 1
    starts = [invoice.lines.get().period_start for invoice in Invoice.objects.order_by("id")]
    assert starts == sorted(set(starts))


def test_one_invoice_for_one_client_and_due_date(world: World) -> None:
    for unit in range(3):
        make_active_service(world.client, world.lite, ip=f"192.0.2.{unit + 1}")
    other = make_active_service(make_client(email="other@example.com"), world.lite, ip="192.0.2.9")
    assert issue(other.next_due_date) == 2
    totals = sorted(Invoice.objects.filter(status="UNPAID").values_list("total", flat=True))
    assert totals == [Decimal("5.00"), Decimal("15.00")]


def test_it_falls_due_no_later_than_the_partners_end_date(service: Service) -> None:
    move(service, expires_on=service.next_due_date - timedelta(days=4))
    issue(service.next_due_date - timedelta(days=10))
    assert Invoice.objects.get(status="UNPAID").due_date == service.expires_on


@pytest.mark.parametrize("status", ["PENDING", "TERMINATED", "CANCELLED", "FRAUD", "COMPLETED"])
def test_what_is_not_live_is_not_renewed(service: Service, status: str) -> None:
    Service.objects.filter(pk=service.pk).update(status=status)
    assert issue(service.next_due_date) == 0


def test_what_is_about_to_end_is_not_renewed(service: Service) -> None:
    Operation.objects.create(
        service=service, kind="TERMINATE", status="QUEUED", run_after=database_now(), created_at=database_now()
    )
    assert issue(service.next_due_date) == 0


def test_the_billing_day_survives_february(service: Service) -> None:
    Service.objects.filter(pk=service.pk).update(
        anchor_day=31, next_due_date=date(2027, 1, 31), paid_until=date(2027, 1, 31), expires_on=date(2027, 1, 31)
    )
    ends = []
    for _month in range(3):
        service.refresh_from_db()
        issue(service.next_due_date)
        invoice = Invoice.objects.filter(status="UNPAID").get()
        ends.append(invoice.lines.get().period_end)
        pay(invoice)
    assert ends == [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]


def test_the_books_know_each_invoice(service: Service) -> None:
    issue(service.next_due_date)
    invoice = Invoice.objects.get(status="UNPAID")
    entries = LedgerEntry.objects.filter(posting__invoice=invoice)
    assert {entry.account: entry.amount for entry in entries} == {
        "RECEIVABLE": Decimal("5.00"),
        "REVENUE": Decimal("-5.00"),
    }


def test_statements_do_not_grow_with_services(world: World, django_assert_max_num_queries: Any) -> None:
    counts = []
    for size in (2, 12):
        for unit in range(size):
            service = place_paid_order(world.client, world.lite, ip=f"10.{size}.0.{unit + 1}")
            Service.objects.filter(pk=service.pk).update(status="ACTIVE", remote_id=f"{size}{unit}")
        with CaptureQueriesContext(
            connection,
        ) as seen:
            issue(service.next_due_date)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_client_may_ask_for_the_invoice_early(service: Service) -> None:
    first = issue_renewal_now(service=service, actor="client", now=database_now(), on=service.registered_on)
    again = issue_renewal_now(service=service, actor="client", now=database_now(), on=service.registered_on)
    assert first == again
    assert issue(service.next_due_date) == 0
