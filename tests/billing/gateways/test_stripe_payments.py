"""Clients pay on Stripe's page: once, whatever is pressed, lost or told twice."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.actions.gateways.calling import prune_gateway_calls
from billing.actions.gateways.starting import PaymentNotStarted
from billing.actions.gateways.tending import tend_attempt, wake_due_attempts
from billing.actions.payments import InvoiceNotPayable, apply_credit, record_payment
from billing.models import (
    AttemptStatus,
    Email,
    Event,
    GatewayCall,
    Invoice,
    InvoiceStatus,
    LineKind,
    Payment,
    PaymentAttempt,
    PaymentGateway,
    StoredMethod,
)
from billing.queries.clock import database_now
from billing.queries.gateways import GatewayTerms
from tests.billing.actions.books import balances, books_are_right, credit_of, fresh, give_credit
from tests.billing.gateways.shop import STRIPE_KEYS, go_to_page, look, make_debtor, set_up
from tests.standins.stripe import StripeStandIn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def gateway(stripe: StripeStandIn) -> PaymentGateway:
    return set_up("stripe", STRIPE_KEYS)


def test_paying_on_the_page_pays_the_invoice_and_keeps_the_fee(stripe: StripeStandIn) -> None:
    client, invoice = make_debtor("100")
    attempt = go_to_page(invoice)
    session = stripe.account.objects[attempt.external_id]
    assert attempt.redirect_url == session["url"]
    assert fresh(invoice).payment_method == "stripe"
    assert (session["amount_total"], session["currency"]) == (10_000, "eur")
    assert session["success_url"].endswith(f"/payments/{attempt.key}/")
    stripe.account.pay(attempt.external_id)
    attempt = look(attempt)
    payment = attempt.payment
    assert payment is not None
    assert (attempt.status, payment.amount, payment.fee) == (AttemptStatus.SUCCEEDED, Decimal(100), Decimal(2))
    assert payment.reference.startswith("pi_")
    assert fresh(invoice).status == InvoiceStatus.PAID
    assert balances(client=client)["CLEARING"] == Decimal(98)
    assert books_are_right()


def test_a_second_click_opens_the_same_page(stripe: StripeStandIn) -> None:
    _client, invoice = make_debtor()
    assert go_to_page(invoice).pk == go_to_page(invoice).pk
    assert stripe.account.calls["POST checkout/sessions"] == 1


def test_a_page_over_another_amount_is_closed_and_replaced(stripe: StripeStandIn) -> None:
    client, invoice = make_debtor("100")
    old = go_to_page(invoice)
    give_credit(client, "40")
    apply_credit(invoice=fresh(invoice), actor="anna", now=database_now())
    new = go_to_page(invoice)
    assert (new.pk != old.pk, new.amount) == (True, Decimal(60))
    old = look(old)
    assert old.status == AttemptStatus.CANCELLED
    assert stripe.account.objects[old.external_id]["status"] == "expired"


def test_money_that_comes_by_a_page_that_was_replaced_is_not_lost(stripe: StripeStandIn) -> None:
    client, invoice = make_debtor("100")
    old = go_to_page(invoice)
    PaymentAttempt.objects.filter(pk=old.pk).update(status=AttemptStatus.CANCELLED, reason="superseded")
    record_payment(
        invoice=fresh(invoice), gateway="manual", reference="cash", amount=Decimal(100), actor="op", now=database_now()
    )
    stripe.account.pay(old.external_id)
    old = look(old)
    assert (old.status, credit_of(client)) == (AttemptStatus.SUCCEEDED, Decimal(100))
    assert books_are_right()


def test_a_declined_card_is_told_and_charges_nothing(stripe: StripeStandIn) -> None:
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    stripe.account.pay(attempt.external_id, card="4000 0000 0000 9995")
    assert look(attempt).status == AttemptStatus.PENDING  # the client may try another card on the page
    stripe.account.objects[attempt.external_id]["status"] = "expired"
    attempt = look(attempt)
    assert (attempt.status, attempt.reason) == (AttemptStatus.CANCELLED, "insufficient_funds")
    assert not Payment.objects.exists()


def test_a_lost_answer_opens_one_page(stripe: StripeStandIn) -> None:
    _client, invoice = make_debtor()
    stripe.account.faults = ["drop"]
    with pytest.raises(PaymentNotStarted, match="Nothing was charged"):
        go_to_page(invoice)
    attempt = go_to_page(invoice)
    assert attempt.status == AttemptStatus.PENDING
    assert len(stripe.account.of_kind("cs")) == 1


def test_a_page_that_never_opened_is_given_up(stripe: StripeStandIn) -> None:
    _client, invoice = make_debtor()
    stripe.account.faults = ["500"]
    now = database_now()
    with pytest.raises(PaymentNotStarted):
        go_to_page(invoice, now=now)
    attempt = PaymentAttempt.objects.get()
    tend_attempt(attempt_id=attempt.pk, clock=lambda: now + timedelta(hours=2))
    attempt.refresh_from_db()
    assert (attempt.status, attempt.run_after) == (AttemptStatus.CANCELLED, None)


def test_a_payment_without_notification_is_found_in_five_minutes_an_hour_a_day(stripe: StripeStandIn) -> None:
    _client, invoice = make_debtor()
    now = database_now()
    attempt = go_to_page(invoice, now=now)
    waits = []
    for _look in range(4):
        attempt.refresh_from_db()
        assert attempt.run_after is not None
        waits.append(attempt.run_after - now)
        now = attempt.run_after
        tend_attempt(attempt_id=attempt.pk, clock=lambda now=now: now)  # type: ignore[misc]
    assert waits == [timedelta(minutes=5), timedelta(hours=1), timedelta(days=1), timedelta(days=1)]
    stripe.account.pay(attempt.external_id)
    attempt.refresh_from_db()
    tend_attempt(attempt_id=attempt.pk, clock=lambda: now + timedelta(days=1))
    attempt.refresh_from_db()
    assert attempt.status == AttemptStatus.SUCCEEDED


def test_an_outage_loses_no_look_and_operators_hear_of_it_once(
    stripe: StripeStandIn, settings: pytest.FixtureRequest
) -> None:
    settings.OPERATOR_EMAILS = ["op@example.com"]  # type: ignore[attr-defined]
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    stripe.account.faults = ["500"] * 7
    for _again in range(7):
        attempt = look(attempt)
    assert attempt.looks == 0
    assert PaymentGateway.objects.get(code="stripe").failures == 7
    assert Event.objects.filter(name="gateway.failing").count() == 1
    assert Email.objects.filter(letter="operator.gateway.failing").count() == 1
    stripe.account.pay(attempt.external_id)
    assert look(attempt).status == AttemptStatus.SUCCEEDED
    assert PaymentGateway.objects.get(code="stripe").failures == 0


def test_refused_keys_are_an_outage_at_once(stripe: StripeStandIn) -> None:
    _client, invoice = make_debtor()
    stripe.account.faults = ["401"]
    with pytest.raises(PaymentNotStarted):
        go_to_page(invoice)
    assert Event.objects.filter(name="gateway.failing").count() == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount_total": 9_000}, "asked for was"),
        ({"currency": "usd"}, "USD"),
        ({"livemode": True}, "another account"),
    ],
)
def test_what_contradicts_the_attempt_moves_no_money(
    stripe: StripeStandIn, settings: pytest.FixtureRequest, change: dict[str, object], words: str
) -> None:
    settings.OPERATOR_EMAILS = ["op@example.com"]  # type: ignore[attr-defined]
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    stripe.account.pay(attempt.external_id)
    stripe.account.objects[attempt.external_id].update(change)
    attempt = look(attempt)
    assert attempt.status == AttemptStatus.NEEDS_CHECK
    assert words in attempt.error
    assert not Payment.objects.exists()
    assert Email.objects.filter(letter="operator.attempt.needs_check").count() == 1


def test_a_fee_for_paying_so_has_an_invoice_of_its_own(stripe: StripeStandIn) -> None:
    set_up("stripe", {}, terms={"EUR": GatewayTerms(fee_percent=Decimal("2.5"), fee_fixed=Decimal("0.30"))})
    client, invoice = make_debtor("100")
    attempt = go_to_page(invoice)
    assert (attempt.amount, attempt.surcharge) == (Decimal("102.80"), Decimal("2.80"))
    stripe.account.pay(attempt.external_id)
    look(attempt)
    fee = Invoice.objects.get(lines__kind=LineKind.PAYMENT_FEE)
    assert (fee.total, fee.status, fee.lines.get().about) == (Decimal("2.80"), InvoiceStatus.PAID, invoice)
    assert fresh(invoice).amount_paid == Decimal(100)
    assert credit_of(client) == 0
    assert books_are_right()


def test_limits_and_currencies_are_kept(stripe: StripeStandIn) -> None:
    set_up("stripe", {}, terms={"EUR": GatewayTerms(minimum=Decimal(5), maximum=Decimal(50))})
    _client, invoice = make_debtor("100")
    with pytest.raises(PaymentNotStarted, match="not offered"):
        go_to_page(invoice)
    set_up("stripe", {}, terms={"RUB": GatewayTerms()})
    with pytest.raises(PaymentNotStarted, match="not offered"):
        go_to_page(invoice)


def test_a_paid_invoice_opens_no_page(stripe: StripeStandIn) -> None:
    _client, invoice = make_debtor("10")
    record_payment(
        invoice=invoice, gateway="manual", reference="cash", amount=Decimal(10), actor="op", now=database_now()
    )
    with pytest.raises((InvoiceNotPayable, PaymentNotStarted)):
        go_to_page(invoice)


def test_a_card_is_saved_only_if_the_client_wants_it(stripe: StripeStandIn) -> None:
    client, invoice = make_debtor("10")
    attempt = go_to_page(invoice, saves_method=True)
    session = stripe.account.objects[attempt.external_id]
    assert session["payment_intent_data"]["setup_future_usage"] == "off_session"
    stripe.account.pay(attempt.external_id, card="4444")
    look(attempt)
    card = StoredMethod.objects.get(client=client)
    assert (card.last4, card.is_default, card.customer_id) == ("4444", True, session["customer"])
    other, invoice = make_debtor("10")
    attempt = go_to_page(invoice)
    stripe.account.pay(attempt.external_id)
    look(attempt)
    assert not StoredMethod.objects.filter(client=other).exists()


def test_the_sweep_wakes_what_is_due(stripe: StripeStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    woken: list[int] = []
    monkeypatch.setattr("billing.actions.gateways.tending.wake_payment_attempt", woken.append)
    wake_due_attempts(now=database_now())
    assert woken == []
    wake_due_attempts(now=database_now() + timedelta(minutes=6))
    assert woken == [attempt.pk]


def test_the_log_of_calls_is_kept_for_ninety_days(stripe: StripeStandIn) -> None:
    _client, invoice = make_debtor()
    go_to_page(invoice)
    assert GatewayCall.objects.get().action == "start"
    assert prune_gateway_calls(now=database_now() + timedelta(days=89)) == 0
    assert prune_gateway_calls(now=database_now() + timedelta(days=91)) == 1


def test_a_gateway_that_refuses_to_start_is_told_to_operators_once(
    stripe: StripeStandIn, settings: pytest.FixtureRequest
) -> None:
    settings.OPERATOR_EMAILS = ["op@example.com"]  # type: ignore[attr-defined]
    _client, invoice = make_debtor()
    stripe.account.faults = ["400", "400"]
    for _click in range(2):
        with pytest.raises(PaymentNotStarted, match="refused"):
            go_to_page(invoice)
    attempt = PaymentAttempt.objects.latest("pk")
    assert (attempt.status, "too small" in attempt.error) == (AttemptStatus.FAILED, True)
    assert Email.objects.filter(letter="operator.attempt.refused").count() == 1
    assert go_to_page(invoice).status == AttemptStatus.PENDING
