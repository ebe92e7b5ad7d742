"""Payments by a gateway under many at once, on PostgreSQL: one page, one payment, one refund, one charge."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from billing.actions.gateways.refunding import run_refund
from billing.actions.gateways.tending import tend_attempt
from billing.actions.refunds import refund_payment
from billing.models import GatewayEvent, InvoiceStatus, Payment, PaymentAttempt, Refund, RefundWay
from billing.queries.books import find_differences
from billing.queries.clock import database_now
from catalog.models import Currency
from tests.billing.actions.books import fresh
from tests.billing.gateways.shop import (
    STRIPE_KEYS,
    go_to_page,
    look,
    make_debtor,
    post_event,
    process_all,
    set_up,
    stripe,
    stripe_server,
)
from tests.races.test_races import at_once
from tests.standins.stripe import StripeStandIn

__all__ = ["stripe", "stripe_server"]

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _books_are_right(transactional_db: None, stripe: StripeStandIn) -> Any:
    Currency.objects.get_or_create(code="EUR", defaults={"is_default": True})
    set_up("stripe", STRIPE_KEYS)
    yield
    assert [str(one) for one in find_differences()] == []


def test_a_hundred_notifications_and_looks_at_once_are_one_payment(stripe: StripeStandIn) -> None:
    gateway = set_up("stripe", {})
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    stripe.account.pay(attempt.external_id)
    intent = stripe.account.objects[stripe.account.objects[attempt.external_id]["payment_intent"]]
    bodies = [stripe.account.event("payment_intent.succeeded", intent, event_id="evt_same") for _each in range(50)]
    bodies += [stripe.account.event("payment_intent.succeeded", intent) for _each in range(10)]

    def tell(number: int) -> int:
        if number % 7 == 6:
            look(attempt)
            return 200
        statuses = [post_event(Browser(), gateway, body) for body in bodies[number::8]]
        process_all()
        return max(statuses)

    assert set(at_once(tell, threads=8)) == {200}
    process_all()
    assert Payment.objects.count() == 1
    assert GatewayEvent.objects.filter(event_id="evt_same").count() == 1
    assert fresh(invoice).status == InvoiceStatus.PAID


def test_many_clicks_open_one_page(stripe: StripeStandIn) -> None:
    _client, invoice = make_debtor()
    keys = {attempt.key for attempt in at_once(lambda _click: go_to_page(invoice), threads=8)}
    assert len(keys) == 1
    assert PaymentAttempt.objects.count() == 1
    assert len(stripe.account.of_kind("cs")) == 1


def test_two_workers_ask_for_a_refund_once(stripe: StripeStandIn) -> None:
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    stripe.account.pay(attempt.external_id)
    payment = look(attempt).payment
    assert payment is not None
    refund = refund_payment(
        payment=payment,
        amount=Decimal(40),
        way=RefundWay.GATEWAY,
        reason="too much",
        request_key="k",
        actor="op",
        now=database_now(),
    )
    at_once(lambda _worker: run_refund(refund_id=refund.pk, clock=database_now), threads=6)
    assert len(stripe.account.of_kind("re")) == 1
    assert Refund.objects.get().status == "DONE"


def test_workers_settle_a_payment_once(stripe: StripeStandIn) -> None:
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    stripe.account.pay(attempt.external_id)
    PaymentAttempt.objects.update(run_after=database_now())
    at_once(lambda _worker: tend_attempt(attempt_id=attempt.pk, clock=database_now), threads=6)
    assert Payment.objects.count() == 1
