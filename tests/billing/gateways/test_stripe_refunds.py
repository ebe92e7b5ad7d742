"""Money given back by Stripe: asked once, told for good, whole or in part."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client as Browser

from billing.actions.gateways.refunding import run_refund, wake_due_refunds
from billing.actions.refunds import refund_payment
from billing.models import Email, Event, InvoiceStatus, Payment, Refund, RefundStatus, RefundWay
from billing.queries.clock import database_now
from tests.billing.actions.books import balances, books_are_right, fresh
from tests.billing.gateways.shop import STRIPE_KEYS, go_to_page, look, make_debtor, post_event, process_all, set_up
from tests.standins.stripe import StripeStandIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(stripe: StripeStandIn) -> Payment:
    set_up("stripe", STRIPE_KEYS)
    _client, invoice = make_debtor("100")
    attempt = go_to_page(invoice)
    stripe.account.pay(attempt.external_id)
    found = look(attempt).payment
    assert found is not None
    return found


def ask(payment: Payment, amount: str, key: str = "k1") -> Refund:
    return refund_payment(
        payment=payment,
        amount=Decimal(amount),
        way=RefundWay.GATEWAY,
        reason="not wanted",
        request_key=key,
        actor="op",
        now=database_now(),
    )


def run(refund: Refund) -> Refund:
    Refund.objects.filter(pk=refund.pk).update(run_after=database_now())
    run_refund(refund_id=refund.pk, clock=database_now)
    refund.refresh_from_db()
    return refund


def test_a_whole_refund_goes_back(stripe: StripeStandIn, payment: Payment) -> None:
    refund = run(ask(payment, "100"))
    assert (refund.status, refund.reference.startswith("re_")) == (RefundStatus.DONE, True)
    assert fresh(payment.invoice).status == InvoiceStatus.REFUNDED
    assert balances(client=payment.client).get("CLEARING") == Decimal(-2)  # the fee stays with Stripe
    assert books_are_right()


def test_parts_go_back_until_nothing_is_left(stripe: StripeStandIn, payment: Payment) -> None:
    assert run(ask(payment, "30")).status == RefundStatus.DONE
    assert run(ask(payment, "70", "k2")).status == RefundStatus.DONE
    assert [each["amount"] for each in stripe.account.of_kind("re")] == [3000, 7000]
    assert books_are_right()


def test_a_lost_answer_is_asked_again_and_refunds_once(stripe: StripeStandIn, payment: Payment) -> None:
    stripe.account.faults = ["drop"]
    refund = run(ask(payment, "100"))
    assert (refund.status, refund.error != "") == (RefundStatus.PENDING, True)
    assert run(refund).status == RefundStatus.DONE
    assert len(stripe.account.of_kind("re")) == 1


def test_a_pending_refund_is_looked_at_until_it_is_done(
    stripe: StripeStandIn, payment: Payment, client: Browser
) -> None:
    stripe.account.refunds_are_pending = True
    refund = run(ask(payment, "100"))
    assert refund.status == RefundStatus.PENDING
    made = stripe.account.objects[refund.reference]
    made["status"] = "succeeded"
    gateway = set_up("stripe", {})
    assert post_event(client, gateway, stripe.account.event("refund.updated", made)) == 200
    process_all()
    run_refund(refund_id=refund.pk, clock=database_now)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.DONE
    assert stripe.account.calls["POST refunds"] == 1


def test_a_refused_refund_fails_with_the_reason(stripe: StripeStandIn, payment: Payment) -> None:
    stripe.account.objects[payment.reference]["amount_received"] = 0
    refund = run(ask(payment, "100"))
    assert (refund.status, "greater than" in refund.error) == (RefundStatus.FAILED, True)
    assert books_are_right()


def test_a_gateway_that_is_down_for_a_day_leaves_it_to_a_person(
    stripe: StripeStandIn, payment: Payment, settings: object
) -> None:
    settings.OPERATOR_EMAILS = ["op@example.com"]  # type: ignore[attr-defined]
    refund = ask(payment, "100")
    stripe.account.faults = ["500"]
    Refund.objects.filter(pk=refund.pk).update(requested_at=database_now() - timedelta(days=2))
    refund = run(refund)
    assert (refund.status, refund.run_after) == (RefundStatus.PENDING, None)
    assert Email.objects.filter(letter="operator.refund.unanswered").count() == 1


def test_a_refund_made_at_stripe_is_told(
    stripe: StripeStandIn, payment: Payment, client: Browser, settings: object
) -> None:
    settings.OPERATOR_EMAILS = ["op@example.com"]  # type: ignore[attr-defined]
    made = {"object": "refund", "id": "re_x", "payment_intent": payment.reference, "amount": 500, "metadata": {}}
    gateway = set_up("stripe", {})
    post_event(client, gateway, stripe.account.event("refund.created", made))
    process_all()
    assert Event.objects.filter(name="refund.made_outside").count() == 1
    assert Email.objects.filter(letter="operator.refund.made_outside").count() == 1
    assert not Refund.objects.exists()


def test_the_sweep_wakes_refunds(payment: Payment, monkeypatch: pytest.MonkeyPatch) -> None:
    refund = ask(payment, "5")
    woken: list[int] = []
    monkeypatch.setattr("billing.actions.gateways.refunding.wake_refund", woken.append)
    wake_due_refunds(now=database_now())
    assert woken == [refund.pk]
