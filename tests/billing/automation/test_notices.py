from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.notifications import send_email
from billing.actions.renewal_runs import issue_renewals
from billing.models import AutomationSettings, BillingSettings, Client, DutyRun, Email, Invoice, Service
from billing.queries.clock import database_now
from tests.builders import World, make_active_service, make_client, pay, place

Night = Callable[[str, date], DutyRun]
LETTERS = ("invoice.reminder", "invoice.overdue_first", "invoice.overdue_second", "invoice.overdue_third")


def told(invoice: Invoice) -> list[str]:
    letters = Email.objects.filter(event__invoice=invoice, letter__in=LETTERS).order_by("id")
    return list(letters.values_list("letter", flat=True))


@pytest.fixture
def invoice(service: Service) -> Invoice:
    issue_renewals(on=service.next_due_date - timedelta(days=14), now=database_now())
    return Invoice.objects.get(status="UNPAID")


def test_the_timeline_of_an_unpaid_invoice(invoice: Invoice, night: Night) -> None:
    said = {}
    for days in range(-5, 9):
        night("notices", invoice.due_date + timedelta(days=days))
        said[days] = told(invoice)
    new = {days: said[days][-1] for days in range(-4, 9) if said[days] != said[days - 1]}
    assert new == dict(zip((-3, 1, 3, 5), LETTERS, strict=True))


def test_after_an_outage_only_the_newest_notice_is_sent(invoice: Invoice, night: Night) -> None:
    night("notices", invoice.due_date + timedelta(days=4))
    assert told(invoice) == ["invoice.overdue_second"]
    night("notices", invoice.due_date + timedelta(days=5))
    assert told(invoice) == ["invoice.overdue_second", "invoice.overdue_third"]
    night("notices", invoice.due_date + timedelta(days=300))
    assert len(told(invoice)) == 2


def test_a_paid_invoice_is_not_spoken_of(invoice: Invoice, night: Night) -> None:
    pay(invoice)
    assert night("notices", invoice.due_date + timedelta(days=4)).done_count == 0


def test_who_wants_no_overdue_notices_gets_the_reminder_only(invoice: Invoice, night: Night) -> None:
    Client.objects.filter(pk=invoice.client_id).update(gets_overdue_notices=False)
    for days in (-3, 1, 5):
        night("notices", invoice.due_date + timedelta(days=days))
    assert told(invoice) == ["invoice.reminder"]


def test_what_is_due_at_once_is_not_reminded_of(world: World, night: Night) -> None:
    invoice = place(world.client, world.lite, ip="192.0.2.1").invoice
    night("notices", invoice.due_date)
    assert told(invoice) == []
    night("notices", invoice.due_date + timedelta(days=1))
    assert told(invoice) == ["invoice.overdue_first"]


def test_a_notice_of_zero_days_is_off(invoice: Invoice, night: Night) -> None:
    AutomationSettings.objects.create(pk=1, reminder_days=0, second_overdue_days=0)
    for days in range(-4, 7):
        night("notices", invoice.due_date + timedelta(days=days))
    assert told(invoice) == ["invoice.overdue_first", "invoice.overdue_third"]


def test_all_notices_can_be_off(invoice: Invoice, night: Night) -> None:
    names = ("reminder_days", "first_overdue_days", "second_overdue_days", "third_overdue_days")
    AutomationSettings.objects.create(pk=1, **dict.fromkeys(names, 0))
    assert night("notices", invoice.due_date + timedelta(days=4)).done_count == 0


@pytest.mark.parametrize("letter", LETTERS)
def test_a_notice_says_what_is_to_be_paid_and_where(invoice: Invoice, night: Night, letter: str) -> None:
    night("notices", invoice.due_date + timedelta(days=dict(zip(LETTERS, (-3, 1, 3, 5), strict=True))[letter]))
    BillingSettings.objects.update_or_create(pk=1, defaults={"attaches_documents": False})
    email = Email.objects.get(letter=letter)
    send_email(email_id=email.pk, now=email.run_after)
    (message,) = mail.outbox
    assert message.to == [invoice.client.email]
    assert invoice.display_number in message.subject
    assert "€5.00" in message.body
    assert f"/invoices/{invoice.pk}/" in message.body


def test_many_cost_as_many_queries_as_one(world: World, night: Night) -> None:
    def queries(day: date) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert night("notices", day).done_count
        return len(captured)

    first = make_active_service(world.client, world.lite, ip="192.0.2.1")
    issue_renewals(on=first.next_due_date, now=database_now())
    one = queries(first.next_due_date + timedelta(days=1))
    for number in range(5):
        service = make_active_service(make_client(), world.lite, ip=f"192.0.2.{number + 2}")
    issue_renewals(on=service.next_due_date, now=database_now())
    assert queries(service.next_due_date + timedelta(days=3)) <= one + 2
