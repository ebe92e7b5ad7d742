"""One letter instead of many, for a client of whom one night has much to say."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.bulk_letters import tell_clients, tell_of_services
from billing.actions.notifications import send_email
from billing.actions.renewal_runs import issue_renewals
from billing.automation.night import Night
from billing.automation.notices import Notices
from billing.models import AutomationSettings, BillingSettings, Client, Email, Event, Invoice, Service
from billing.queries.clock import database_now
from tests.builders import (
    World,
    bill,
    make_active_service,
    make_client,
    make_hosting,
    pay,
    place_paid_order,
    run_due_operations,
)
from tests.kept_scenes import kept_scene


@pytest.fixture
@kept_scene
def many(world: World) -> Client:
    """Anna has three services, each invoiced on its own; Berta has one."""
    Client.objects.filter(pk=world.client.pk).update(separates_invoices=True)
    hosting = make_hosting(world.group)
    for client, count in ((world.client, 3), (make_client(email="berta@example.com"), 1)):
        for _service in range(count):
            place_paid_order(client, hosting)
    run_due_operations()
    return world.client


def issue() -> date:
    """The renewal invoices of the three; the day that they fall due."""
    Email.objects.all().delete()
    due = Service.objects.filter(next_due_date__isnull=False).values_list("next_due_date", flat=True).latest("pk")
    issue_renewals(on=due - timedelta(days=14), now=database_now())
    return due


def letters() -> list[tuple[str, str]]:
    return sorted(Email.objects.values_list("letter", "recipient"))


def test_many_invoices_of_a_night_make_one_letter(many: Client) -> None:
    issue()
    assert letters() == [("invoice.issued", "berta@example.com"), ("invoices.issued", many.email)]
    assert Event.objects.filter(name="invoice.issued", client=many, invoice__status="UNPAID").count() == 3
    digest = Email.objects.get(letter="invoices.issued")
    paid = Invoice.objects.filter(client=many, status="UNPAID").earliest("pk")
    pay(paid)
    send_email(email_id=digest.pk, now=database_now())
    (message,) = [one for one in mail.outbox if one.to == [many.email]]
    left = Invoice.objects.filter(client=many, status="UNPAID")
    assert all(invoice.display_number in message.body for invoice in left)
    assert paid.display_number not in str(message.body)
    assert message.subject == "New invoices: 2"


def test_one_that_lists_only_what_is_paid_is_not_sent(many: Client) -> None:
    issue()
    for invoice in Invoice.objects.filter(client=many, status="UNPAID"):
        pay(invoice)
    digest = Email.objects.get(letter="invoices.issued")
    send_email(email_id=digest.pk, now=database_now())
    digest.refresh_from_db()
    assert digest.status == "DROPPED"
    assert digest.error


@pytest.mark.parametrize(("fewest", "expected"), [(0, 3), (4, 3), (2, 1)])
def test_the_setting_says_from_how_many_on(many: Client, fewest: int, expected: int) -> None:
    BillingSettings.objects.update_or_create(pk=1, defaults={"digest_from": fewest})
    issue()
    assert Email.objects.filter(recipient=many.email).count() == expected


def test_a_second_run_writes_nothing(many: Client) -> None:
    due = issue()
    before = letters()
    issue_renewals(on=due - timedelta(days=14), now=database_now())
    assert letters() == before


def test_reminders_of_many_invoices_are_one_letter_too(many: Client) -> None:
    due = issue()
    night = Night(due, due + timedelta(days=1), database_now(), AutomationSettings())
    Email.objects.all().delete()
    batch = Notices().find(night, after=0, limit=1, is_locked=False)
    assert batch is not None
    # A batch holds everything of its clients, however small it is.
    assert len({row.client_id for row in batch.rows}) == 1
    Notices().act(night, Notices().judge(night, batch.rows))
    assert letters() == [("invoices.overdue_first", many.email)]


def test_it_takes_as_many_queries_for_many_clients_as_for_one(world: World) -> None:
    def count(clients: int) -> int:
        invoices = [bill(make_client(), "1.00") for _client in range(clients) for _invoice in range(2)]
        with CaptureQueriesContext(connection) as captured:
            tell_clients("invoice.reminder", invoices, now=database_now())
        return len(captured)

    assert count(1) == count(5)


def test_copies_go_to_the_accountant(world: World) -> None:
    client = world.client
    Client.objects.filter(pk=client.pk).update(copy_emails=["books@example.com"])
    client.refresh_from_db()
    invoice = bill(client, "1.00")
    Email.objects.all().delete()
    tell_clients("invoice.reminder", [invoice], now=database_now())
    assert letters() == [("invoice.reminder", client.email), ("invoice.reminder", "books@example.com")]


def test_what_is_not_wanted_is_written_as_not_sent(world: World) -> None:
    client = world.client
    Client.objects.filter(pk=client.pk).update(declined_letters=["RENEWALS"], copy_emails=["books@example.com"])
    service = make_active_service(client, world.lite, ip="192.0.2.1")
    service.client.refresh_from_db()
    tell_of_services("service.unsuspended", [(service, None, {})], actor="test", now=database_now())
    (email,) = Email.objects.filter(letter="service.unsuspended")
    assert (email.status, email.recipient, email.error != "") == ("DROPPED", client.email, True)
