from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from billing.actions.cancellations import request_cancellation, withdraw_cancellation
from billing.actions.chargebacks import reverse_payment
from billing.actions.invoicing import move_to_collections, write_off_invoice
from billing.actions.renewal_runs import issue_renewals
from billing.models import AutomationSettings, CancellationType, DutyRun, Email, Invoice, Operation, Service
from billing.queries.clock import database_now
from tests.builders import World, make_active_service, pay, run_due_operations

Night = Callable[[str, date], DutyRun]


def after(service: Service, **dates: object) -> Service:
    Service.objects.filter(pk=service.pk).update(**dates)
    service.refresh_from_db()
    return service


def renew(service: Service) -> Invoice:
    """Its next renewal invoice, unpaid."""
    service.refresh_from_db()
    day = service.next_due_date
    assert issue_renewals(on=day, now=datetime(day.year, day.month, day.day, 3, tzinfo=UTC)) == 1
    return Invoice.objects.filter(status="UNPAID").latest("id")


def ended(service: Service) -> tuple[str, str]:
    """Status here once the partner has done its part, and what the operation said."""
    run_due_operations(ahead=timedelta(days=400))
    service.refresh_from_db()
    return service.status, Operation.objects.filter(service=service).latest("id").kind


class TestUnpaid:
    def test_ends_after_the_days_of_the_setting(self, service: Service, night: Night) -> None:
        invoice = renew(service)
        day = invoice.due_date + timedelta(days=29)
        assert night("terminations", day).done_count == 0
        duty_run = night("terminations", day + timedelta(days=1))
        assert (duty_run.done_count, duty_run.done_amounts) == (1, {"EUR": "-5"})
        assert ended(service) == ("TERMINATED", "TERMINATE")
        invoice.refresh_from_db()
        assert invoice.status == "CANCELLED"

    def test_a_paid_one_stays(self, service: Service, night: Night) -> None:
        invoice = renew(service)
        pay(invoice)
        assert night("terminations", invoice.due_date + timedelta(days=40)).done_count == 0

    def test_one_that_is_kept_stays_until_its_day(self, service: Service, night: Night) -> None:
        invoice = renew(service)
        day = invoice.due_date + timedelta(days=40)
        after(service, keep_until=day + timedelta(days=1))
        assert night("terminations", day).done_count == 0
        assert night("terminations", day + timedelta(days=1)).done_count == 1

    def test_nothing_ends_while_the_setting_is_off(self, service: Service, night: Night) -> None:
        AutomationSettings.objects.create(pk=1, terminate_days=0)
        assert night("terminations", renew(service).due_date + timedelta(days=400)).done_count == 0

    def test_what_else_stood_on_the_invoice_is_asked_for_again(
        self, world: World, service: Service, night: Night
    ) -> None:
        other = make_active_service(world.client, world.lite, ip="192.0.2.2")
        invoice = renew(service)
        assert invoice.lines.count() == 2
        after(other, keep_until=invoice.due_date + timedelta(days=90))
        assert night("terminations", invoice.due_date + timedelta(days=30)).done_count == 1
        (rest,) = Invoice.objects.filter(status="UNPAID")
        assert (rest.lines.get().service, rest.due_date, rest.total) == (other, invoice.due_date, invoice.total / 2)

    def test_it_is_not_ended_twice_while_the_partner_is_asked(self, service: Service, night: Night) -> None:
        day = renew(service).due_date + timedelta(days=30)
        night("terminations", day)
        assert night("terminations", day + timedelta(days=1)).done_count == 0
        assert Operation.objects.filter(service=service, kind="TERMINATE").count() == 1


class TestCancellations:
    def test_ends_with_the_day_that_was_paid_for(self, service: Service, night: Night) -> None:
        wish(service, CancellationType.END_OF_PERIOD)
        assert night("cancellations", service.paid_until - timedelta(days=1)).done_count == 0
        assert night("cancellations", service.paid_until).done_count == 1
        assert ended(service) == ("CANCELLED", "TERMINATE")
        assert service.cancellation_requests.get().status == "DONE"

    def test_a_withdrawn_wish_ends_nothing(self, service: Service, night: Night) -> None:
        withdraw_cancellation(wish=wish(service, CancellationType.END_OF_PERIOD), actor="anna", now=database_now())
        assert night("cancellations", service.paid_until).done_count == 0

    def test_operators_may_keep_it_to_themselves(self, service: Service, night: Night) -> None:
        AutomationSettings.objects.create(pk=1, ends_cancelled=False)
        wish(service, CancellationType.END_OF_PERIOD)
        assert night("cancellations", service.paid_until).done_count == 0

    def test_no_invoice_is_issued_for_what_will_end(self, service: Service) -> None:
        wish(service, CancellationType.END_OF_PERIOD)
        assert issue_renewals(on=service.next_due_date, now=database_now()) == 0


def wish(service: Service, type: CancellationType):
    return request_cancellation(service=service, type=type, reason="", actor="anna", now=database_now())


@pytest.mark.parametrize("give_up", [move_to_collections, write_off_invoice])
def test_a_debt_that_was_given_up_ends_the_service_as_well(
    service: Service, night: Night, give_up: Callable[..., Invoice]
) -> None:
    invoice = give_up(invoice=renew(service), actor="anna", now=database_now())
    assert night("terminations", invoice.due_date + timedelta(days=29)).done_count == 0
    assert night("terminations", invoice.due_date + timedelta(days=30)).done_count == 1


def test_a_payment_that_the_bank_took_back_is_left_to_operators(service: Service, night: Night) -> None:
    payment = pay(renew(service))
    reverse_payment(payment=payment, reason="bank", actor="anna", now=database_now())
    assert night("terminations", payment.invoice.due_date + timedelta(days=60)).done_count == 0


class TestRecurringLimits:
    @pytest.fixture
    def limited(self, service: Service) -> Service:
        return after(service, recurring_limit=2)

    def test_ends_at_the_end_of_the_last_period_that_was_paid(self, limited: Service, night: Night) -> None:
        for _renewal in range(2):
            assert night("recurring_limits", limited.paid_until).done_count == 0
            pay(renew(limited))
            run_due_operations(ahead=timedelta(days=400))
            limited.refresh_from_db()
        assert night("recurring_limits", limited.paid_until - timedelta(days=1)).done_count == 0
        assert night("recurring_limits", limited.paid_until).done_count == 1
        assert ended(limited) == ("CANCELLED", "TERMINATE")

    def test_a_renewal_that_the_bank_took_back_counts_as_well(self, limited: Service, night: Night) -> None:
        Service.objects.filter(pk=limited.pk).update(recurring_limit=1)
        payment = pay(renew(limited))
        reverse_payment(payment=payment, reason="bank", actor="test", now=database_now())
        limited.refresh_from_db()
        assert night("recurring_limits", limited.paid_until).done_count == 1

    def test_no_limit_is_endless(self, service: Service, night: Night) -> None:
        pay(renew(service))
        service.refresh_from_db()
        assert night("recurring_limits", service.paid_until).done_count == 0


class TestFixedTerms:
    def test_ends_on_its_day_with_its_letter(self, service: Service, night: Night) -> None:
        day = service.registered_on + timedelta(days=20)
        after(service, term_ends_on=day, term_letter="service.term_ended")
        assert night("fixed_terms", day - timedelta(days=1)).done_count == 0
        assert night("fixed_terms", day).done_count == 1
        assert ended(service) == ("TERMINATED", "TERMINATE")
        assert Email.objects.filter(letter="service.term_ended", event__service=service).count() == 1

    def test_no_letter_was_chosen(self, service: Service, night: Night) -> None:
        after(service, term_ends_on=service.registered_on)
        assert night("fixed_terms", service.registered_on).done_count == 1
        assert not Email.objects.filter(letter="service.term_ended").exists()
