"""Suspended for want of payment, and what lifts it; whmcs-behaviour §3.7 and §6."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction

from billing.actions.invoicing import cancel_invoice
from billing.actions.notifications import send_email
from billing.actions.payments import record_payment
from billing.actions.renewal_runs import issue_renewals
from billing.actions.suspending import (
    SuspensionInvalid,
    SuspensionRefused,
    keep_service,
    suspend_service,
    unsuspend_service,
)
from billing.automation import night as nights
from billing.automation.suspensions import Suspensions
from billing.models import AutomationSettings, BillingSettings, DutyRun, Email, Invoice, Service
from billing.queries.clock import business_date, database_now
from billing.queries.on_demand import find_on_demand
from tests.billing.automation.test_ends import renew
from tests.builders import (
    World,
    make_hosting,
    open_windows,
    pay,
    place_paid_order,
    run_due_operations,
)
from tests.kept_scenes import kept_scene

Night = Callable[[str, date], DutyRun]
FIVE = timedelta(days=5)


@pytest.fixture
@kept_scene
def hosting(world: World) -> Service:
    """Monthly, paid, set up by hand: no module stands behind it."""
    return host(world)


@pytest.fixture(autouse=True)
def suspending(world: World) -> None:
    AutomationSettings.objects.create(pk=1, suspend_days=5, terminate_days=30)


def host(world: World) -> Service:
    service = place_paid_order(world.client, make_hosting(world.group))
    run_due_operations()
    return fresh(service)


def fresh(service: Service) -> Service:
    return Service.objects.select_related("client", "product").get(pk=service.pk)


def at(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC)


def state(service: Service) -> tuple[str, str]:
    found = fresh(service)
    return found.status, found.suspension_cause


def both(night: Night, day: date) -> tuple[int, int]:
    """How many were suspended that night, and how many ended."""
    return night("suspensions", day).done_count, night("terminations", day).done_count


def letters(name: str) -> list[int]:
    return list(Email.objects.filter(letter=name).values_list("event__service", flat=True))


class TestTheNight:
    def test_suspends_on_the_day_of_the_setting_and_ends_on_its_own(self, hosting: Service, night: Night) -> None:
        due = renew(hosting).due_date
        assert both(night, due + timedelta(days=4)) == (0, 0)
        duty_run = night("suspensions", due + FIVE)
        assert (duty_run.planned_count, duty_run.done_count, duty_run.done_amounts) == (1, 1, {})
        assert state(hosting) == ("SUSPENDED", "OVERDUE")
        assert both(night, due + FIVE) == (1, 0)
        assert both(night, due + timedelta(days=6)) == (0, 0)
        assert letters("service.suspended") == [hosting.pk]
        assert both(night, due + timedelta(days=30)) == (0, 1)
        assert state(hosting) == ("TERMINATED", "")

    def test_what_a_module_stands_behind_runs_until_it_ends(self, service: Service, night: Night) -> None:
        due = renew(service).due_date
        assert both(night, due + timedelta(days=29)) == (0, 0)
        assert both(night, due + timedelta(days=30)) == (0, 1)

    def test_what_ends_this_night_is_not_suspended_before(self, hosting: Service, night: Night) -> None:
        due = renew(hosting).due_date
        assert night("suspensions", due + timedelta(days=30)).done_count == 0

    def test_nothing_is_suspended_while_the_setting_is_off(self, hosting: Service, night: Night) -> None:
        AutomationSettings.objects.update(suspend_days=0)
        assert night("suspensions", renew(hosting).due_date + timedelta(days=29)).done_count == 0

    def test_one_that_is_kept_is_left_alone_until_its_day(self, hosting: Service, night: Night) -> None:
        day = renew(hosting).due_date + FIVE
        keep_service(service=hosting, until=day + timedelta(days=1), actor="test", now=database_now())
        assert night("suspensions", day).done_count == 0
        assert night("suspensions", day + timedelta(days=1)).done_count == 1

    def test_many_take_as_many_queries_as_one(
        self, world: World, hosting: Service, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        for _more in range(4):
            host(world)
        day = hosting.next_due_date + FIVE
        assert issue_renewals(on=hosting.next_due_date, now=at(hosting.next_due_date)) == 1
        tonight, duty = nights.Night(day, day, at(day), AutomationSettings.objects.get()), Suspensions()
        # Keys, clients locked, rows; the update, events, letters.
        with transaction.atomic(), django_assert_num_queries(6):
            batch = duty.find(tonight, after=0, limit=100, is_locked=True)
            assert len(duty.act(tonight, duty.judge(tonight, batch.rows))) == 5
        assert len(letters("service.suspended")) == 5

    def test_lets_go_on_what_is_no_longer_owed(self, hosting: Service, night: Night) -> None:
        invoice = renew(hosting)
        day = invoice.due_date + FIVE
        night("suspensions", day)
        assert night("resumptions", day).done_count == 0
        cancel_invoice(invoice=invoice, actor="test", now=at(day))
        assert night("resumptions", day + timedelta(days=1)).done_count == 1
        assert state(hosting) == ("ACTIVE", "")
        assert letters("service.unsuspended") == [hosting.pk]

    def test_the_letter_says_what_to_pay_and_when_it_ends(self, hosting: Service, night: Night) -> None:
        invoice = renew(hosting)
        night("suspensions", invoice.due_date + FIVE)
        email = Email.objects.get(letter="service.suspended")
        assert email.event.data["until"] == str(invoice.due_date + timedelta(days=30))
        assert f"/invoices/{invoice.pk}/" in sent(email)


class TestPaying:
    @pytest.fixture
    def owed(self, hosting: Service, night: Night) -> Invoice:
        """The invoice for which the service was suspended."""
        invoice = renew(hosting)
        night("suspensions", invoice.due_date + FIVE)
        return invoice

    def test_lifts_the_suspension_at_once(self, hosting: Service, owed: Invoice) -> None:
        pay(owed, now=at(owed.due_date + FIVE))
        assert state(hosting) == ("ACTIVE", "")
        assert fresh(hosting).paid_until > owed.due_date
        assert letters("service.unsuspended") == [hosting.pk]

    def test_a_part_does_not(self, hosting: Service, owed: Invoice) -> None:
        values = {"gateway": "manual", "reference": "half", "amount": owed.balance / 2, "actor": "test"}
        record_payment(invoice=owed, now=at(owed.due_date + FIVE), **values)
        assert state(hosting) == ("SUSPENDED", "OVERDUE")

    def test_of_another_overdue_invoice_is_awaited_too(self, hosting: Service, owed: Invoice) -> None:
        other = Invoice.objects.get(pk=owed.pk)
        other.pk = None
        other.save()
        line = owed.lines.get()
        line.pk, line.invoice, line.period_start = None, other, line.period_end
        line.save()
        pay(owed, now=at(owed.due_date + FIVE))
        assert state(hosting) == ("SUSPENDED", "OVERDUE")

    def test_lifts_no_suspension_of_staffs(self, hosting: Service) -> None:
        invoice = renew(hosting)
        suspend_service(service=hosting, reason="Sends spam", actor="boss", now=database_now())
        pay(invoice, now=at(invoice.due_date + FIVE))
        assert state(hosting) == ("SUSPENDED", "BY_HAND")
        assert fresh(hosting).paid_until > invoice.due_date

    def test_a_suspended_service_is_invoiced_further(self, hosting: Service, owed: Invoice) -> None:
        suspended = fresh(hosting)
        assert issue_renewals(on=suspended.next_due_date, now=database_now()) == 0
        Service.objects.filter(pk=hosting.pk).update(next_due_date=owed.lines.get().period_end)
        assert issue_renewals(on=owed.lines.get().period_end, now=database_now()) == 1


class TestByHand:
    def test_the_client_reads_the_reason(self, hosting: Service) -> None:
        suspend_service(service=hosting, reason=" Sends spam ", actor="boss", now=database_now())
        assert fresh(hosting).suspension_reason == "Sends spam"
        assert "Sends spam" in sent(Email.objects.get(letter="service.suspended"))
        open_windows()
        assert "staff" in find_on_demand(fresh(hosting), on=business_date(database_now())).refusal
        unsuspend_service(service=hosting, actor="boss", now=database_now())
        assert (state(hosting), fresh(hosting).suspension_reason) == (("ACTIVE", ""), "")

    def test_goes_on_until_a_day_though_it_is_unpaid(self, hosting: Service, night: Night) -> None:
        day = renew(hosting).due_date + FIVE
        night("suspensions", day)
        until = day + timedelta(days=7)
        unsuspend_service(service=hosting, keep_until=until, actor="boss", now=at(day))
        assert state(hosting) == ("ACTIVE", "")
        assert night("suspensions", until - timedelta(days=1)).done_count == 0
        assert night("suspensions", until).done_count == 1

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 256])
    def test_needs_a_reason(self, hosting: Service, reason: str) -> None:
        with pytest.raises(SuspensionInvalid, match="Say why"):
            suspend_service(service=hosting, reason=reason, actor="boss", now=database_now())
        assert state(hosting) == ("ACTIVE", "")

    def test_is_refused_where_it_makes_no_sense(self, world: World, service: Service, hosting: Service) -> None:
        now = database_now()
        refusals = [(service, "no suspension"), (place_paid_order(world.client, make_hosting(world.group)), "active")]
        for refused, words in refusals:
            with pytest.raises(SuspensionRefused, match=words):
                suspend_service(service=refused, reason="Spam", actor="boss", now=now)
        with pytest.raises(SuspensionRefused, match="not suspended"):
            unsuspend_service(service=hosting, actor="boss", now=now)
        Service.objects.filter(pk=service.pk).update(status="SUSPENDED")
        with pytest.raises(SuspensionRefused, match="partner suspended"):
            unsuspend_service(service=service, actor="boss", now=now)
        with pytest.raises(SuspensionInvalid, match="after today"):
            keep_service(service=hosting, until=business_date(now), actor="boss", now=now)


def sent(email: Email) -> str:
    """What a worker sends, without waiting for the PDF."""
    BillingSettings.objects.update_or_create(pk=1, defaults={"attaches_documents": False})
    send_email(email_id=email.pk, now=email.run_after)
    email.refresh_from_db()
    assert email.status == "SENT", email.error
    return str(mail.outbox[-1].body)
