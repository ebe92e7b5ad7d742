"""Renewals paid with a saved card: when, how often, by whom, and never twice."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from billing.actions.gateways import tending
from billing.actions.gateways.settling import settle_attempt
from billing.actions.gateways.stored_methods import choose_method, remove_method, set_automatic_payment
from billing.actions.gateways.tending import tend_attempt
from billing.automation.night import Night
from billing.automation.saved_cards import SavedCards
from billing.gateways.base import Answer, Standing
from billing.letters.composing import compose
from billing.models import (
    AttemptStatus,
    AutomationSettings,
    Client,
    Email,
    Invoice,
    InvoiceStatus,
    Payment,
    PaymentAttempt,
    StoredMethod,
)
from billing.queries.clock import business_date, database_now
from tests.billing.actions.books import books_are_right, fresh
from tests.billing.gateways.shop import STRIPE_KEYS, go_to_page, look, make_debtor, set_up
from tests.builders import bill, make_client, pay
from tests.standins.stripe import StripeStandIn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def gateway(stripe: StripeStandIn) -> None:
    set_up("stripe", STRIPE_KEYS)


def make_saver(stripe: StripeStandIn, card: str = "4242") -> Client:
    """A client with a saved card and nothing to pay."""
    client = make_client()
    number = stripe.account.new("pm", object="payment_method", card={"brand": "visa", "last4": card})["id"]
    StoredMethod.objects.create(
        client=client, gateway="stripe", external_id=number, last4=card, is_default=True, created_at=database_now()
    )
    return client


def night(day: date | None = None) -> list[str]:
    """The duty of one night; what it charged."""
    today = business_date(database_now())
    settings = AutomationSettings.objects.filter(pk=1).first() or AutomationSettings()
    scene = Night(day=day or today, today=day or today, now=database_now(), settings=settings)
    duty = SavedCards()
    done: list[str] = []
    after = 0
    while batch := duty.find(scene, after=after, limit=100, is_locked=True):
        after = batch.last_key
        done += [one.outcome for one in duty.act(scene, duty.judge(scene, batch.rows))]
    return done


def due_in(invoice: Invoice, days: int) -> None:
    Invoice.objects.filter(pk=invoice.pk).update(due_date=business_date(database_now()) + timedelta(days=days))


def run_all(now: datetime | None = None) -> None:
    for attempt in PaymentAttempt.objects.due(now=now or database_now()):
        tend_attempt(attempt_id=attempt.pk, clock=lambda: now or database_now())


def test_a_renewal_is_paid_some_days_before_it_is_due(stripe: StripeStandIn) -> None:
    invoice = bill(make_saver(stripe), "25")
    due_in(invoice, 4)
    assert night() == []
    due_in(invoice, 3)
    assert night() == ["Card charged"]
    run_all()
    payment = Payment.objects.get()
    assert (fresh(invoice).status, payment.amount, payment.fee) == (InvoiceStatus.PAID, Decimal(25), Decimal("0.5"))
    assert books_are_right()


def test_a_night_that_runs_twice_charges_once(stripe: StripeStandIn) -> None:
    invoice = bill(make_saver(stripe), "25")
    due_in(invoice, 0)
    assert (len(night()), night()) == (1, [])
    run_all()
    run_all()
    assert stripe.account.calls["POST payment_intents"] == 1


def test_a_declined_card_is_told_and_tried_again_by_schedule(stripe: StripeStandIn) -> None:
    invoice = bill(make_saver(stripe, "9995"), "25")
    due_in(invoice, 0)
    today = business_date(database_now())
    charged = []
    for day in range(15):
        if night(today + timedelta(days=day)):
            charged.append(day)
        run_all()
    assert charged == [0, 3, 6, 9]  # the first time and three more
    attempt = PaymentAttempt.objects.first()
    assert attempt is not None
    assert (attempt.status, attempt.reason) == (AttemptStatus.FAILED, "insufficient_funds")
    letters = [compose(email).text for email in Email.objects.filter(letter="payment.failed").order_by("pk")]
    assert ["We try again" in text for text in letters] == [True, True, True, False]
    assert all("not enough money" in text for text in letters)
    assert fresh(invoice).status == InvoiceStatus.UNPAID


@pytest.mark.parametrize("case", ["switched off", "no card", "removed", "setting", "paid", "on its way"])
def test_nobody_is_charged_who_should_not_be(stripe: StripeStandIn, case: str) -> None:
    client = make_saver(stripe)
    invoice = bill(client, "25")
    due_in(invoice, 0)
    card = StoredMethod.objects.get()
    if case == "switched off":
        set_automatic_payment(client=client, is_on=False, actor="anna", now=database_now())
    elif case == "no card":
        StoredMethod.objects.all().delete()
    elif case == "removed":
        remove_method(method=card, actor="anna", now=database_now())
    elif case == "setting":
        AutomationSettings.objects.create(pk=1, charges_cards=False)
    elif case == "paid":
        pay(invoice)
    else:
        Invoice.objects.filter(pk=invoice.pk).update(status=InvoiceStatus.PAYMENT_PENDING)
    assert night() == []


def test_what_was_paid_before_the_worker_came_is_not_charged(stripe: StripeStandIn) -> None:
    invoice = bill(make_saver(stripe), "25")
    due_in(invoice, 0)
    night()
    pay(invoice)
    run_all()
    assert PaymentAttempt.objects.get().status == AttemptStatus.CANCELLED
    assert stripe.account.calls["POST payment_intents"] == 0


def test_a_lost_answer_charges_once(stripe: StripeStandIn) -> None:
    invoice = bill(make_saver(stripe), "25")
    due_in(invoice, 0)
    night()
    stripe.account.faults = ["drop"]
    run_all()
    attempt = PaymentAttempt.objects.get()
    assert attempt.status == AttemptStatus.STARTING
    look(attempt)
    assert fresh(invoice).status == InvoiceStatus.PAID
    assert len(stripe.account.of_kind("pi")) == 1


def test_a_charge_that_never_answered_and_is_no_longer_due_is_for_a_person(stripe: StripeStandIn) -> None:
    """Asking again could charge a card for what is paid already."""
    invoice = bill(make_saver(stripe), "25")
    due_in(invoice, 0)
    night()
    stripe.account.faults = ["500"]
    run_all()
    pay(invoice)
    assert look(PaymentAttempt.objects.get()).status == AttemptStatus.NEEDS_CHECK
    assert len(stripe.account.of_kind("pi")) == 0


def test_money_on_its_way_makes_the_invoice_pending_and_back(stripe: StripeStandIn) -> None:
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    answer = Answer(Standing.PROCESSING, attempt.external_id, "pi_1", attempt.amount, "EUR")
    settle_attempt(attempt=attempt, answer=answer, now=database_now())
    assert fresh(invoice).status == InvoiceStatus.PAYMENT_PENDING
    answer = Answer(Standing.FAILED, attempt.external_id, "pi_1", attempt.amount, "EUR", reason="card_declined")
    settle_attempt(attempt=attempt, answer=answer, now=database_now())
    assert fresh(invoice).status == InvoiceStatus.UNPAID


def test_another_card_takes_the_place_of_a_removed_one(stripe: StripeStandIn) -> None:
    client = make_saver(stripe)
    first = StoredMethod.objects.get()
    second = StoredMethod.objects.create(
        client=client, gateway="stripe", external_id="pm_2", last4="1111", created_at=database_now()
    )
    choose_method(method=second, actor="anna", now=database_now())
    assert list(StoredMethod.objects.filter(is_default=True)) == [second]
    remove_method(method=second, actor="anna", now=database_now())
    remove_method(method=second, actor="anna", now=database_now())
    choose_method(method=second, actor="anna", now=database_now())
    assert list(StoredMethod.objects.filter(is_default=True)) == [first]


@pytest.mark.parametrize("status", [AttemptStatus.PENDING, AttemptStatus.FAILED, AttemptStatus.NEEDS_CHECK])
def test_what_a_notification_settled_before_the_lock_is_not_charged(
    stripe: StripeStandIn, monkeypatch: pytest.MonkeyPatch, status: AttemptStatus
) -> None:
    due_in(bill(make_saver(stripe), "25"), 0)
    night()
    locking = tending.lock_attempt

    def lock_late(attempt: PaymentAttempt) -> PaymentAttempt:
        PaymentAttempt.objects.filter(pk=attempt.pk).update(status=status)
        return locking(attempt)

    monkeypatch.setattr(tending, "lock_attempt", lock_late)
    run_all()
    assert PaymentAttempt.objects.get().status == status
    assert stripe.account.calls["POST payment_intents"] == 0
