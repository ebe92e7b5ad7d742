"""Stripe's notifications: forged ones are refused, wrong ones told, true ones counted once."""

import json
import time
from decimal import Decimal

import pytest
from django.test import Client as Browser

from billing.actions.gateways.notices import process_event
from billing.actions.invoicing import cancel_invoice
from billing.models import (
    AttemptStatus,
    Email,
    GatewayEvent,
    GatewayEventStatus,
    InvoiceStatus,
    Payment,
    PaymentAttempt,
    PaymentGateway,
)
from billing.queries.clock import database_now
from tests.billing.actions.books import books_are_right, credit_of, fresh
from tests.billing.gateways.shop import STRIPE_KEYS, go_to_page, look, make_debtor, post_event, process_all, set_up
from tests.builders import pay
from tests.standins.stripe import StripeStandIn, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway(stripe: StripeStandIn) -> PaymentGateway:
    return set_up("stripe", STRIPE_KEYS)


def paid_event(stripe: StripeStandIn, attempt: PaymentAttempt, **changes: object) -> bytes:
    """The client has paid; what Stripe says of it, with some of it changed."""
    stripe.account.pay(attempt.external_id)
    intent = stripe.account.objects[attempt.external_id]["payment_intent"]
    return stripe.account.event("payment_intent.succeeded", {**stripe.account.objects[intent], **changes})


def test_a_notification_pays_the_invoice(stripe: StripeStandIn, gateway: PaymentGateway, client: Browser) -> None:
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    assert post_event(client, gateway, paid_event(stripe, attempt)) == 200
    assert fresh(invoice).status == InvoiceStatus.UNPAID  # a worker does it
    process_all()
    assert fresh(invoice).status == InvoiceStatus.PAID
    event = GatewayEvent.objects.get()
    assert (event.status, event.attempt) == (GatewayEventStatus.DONE, attempt)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Stripe-Signature": "t=1,v1=00"},
        {"Stripe-Signature": "nonsense"},
        pytest.param("other secret", id="another secret"),
        pytest.param("old", id="an old one, sent again"),
    ],
)
def test_a_forged_notification_is_refused_and_not_kept(
    stripe: StripeStandIn, gateway: PaymentGateway, client: Browser, headers: dict[str, str] | str
) -> None:
    _client, invoice = make_debtor()
    body = paid_event(stripe, go_to_page(invoice))
    if headers == "other secret":
        headers = sign(body, secret="whsec_other")
    elif headers == "old":
        headers = sign(body, at=int(time.time()) - 3600)
    assert isinstance(headers, dict)
    assert post_event(client, gateway, body, headers) == 400
    assert not GatewayEvent.objects.exists()


def test_a_wrong_address_is_none(stripe: StripeStandIn, gateway: PaymentGateway, client: Browser) -> None:
    body = stripe.account.event("ping", {"object": "ping"})
    for path in ("/hooks/stripe/guess/", f"/hooks/paypal/{gateway.hook_token}/"):
        assert client.post(path, body, content_type="application/json", headers=sign(body)).status_code == 404
    assert client.get(f"/hooks/stripe/{gateway.hook_token}/").status_code == 405


NO_EVENTS = [b"", b"[]", b"{}", b'{"id":"evt_1","type":"x"}', b'{"id":1,"type":"x","data":[]}', b"\xff"]


@pytest.mark.parametrize("body", NO_EVENTS)
def test_what_is_no_event_is_refused(
    stripe: StripeStandIn, gateway: PaymentGateway, client: Browser, body: bytes
) -> None:
    assert post_event(client, gateway, body) == 400


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"amount": 1}, "asked for was"), ({"currency": "usd"}, "USD")],
)
def test_a_signed_notification_with_a_wrong_sum_records_nothing(
    stripe: StripeStandIn,
    gateway: PaymentGateway,
    client: Browser,
    settings: object,
    changes: dict[str, object],
    words: str,
) -> None:
    settings.OPERATOR_EMAILS = ["op@example.com"]  # type: ignore[attr-defined]
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    assert post_event(client, gateway, paid_event(stripe, attempt, **changes)) == 200
    process_all()
    event = GatewayEvent.objects.get()
    assert (event.status, words in event.error) == (GatewayEventStatus.REFUSED, True)
    assert not Payment.objects.exists()
    assert Email.objects.filter(letter="operator.gateway_event.refused").count() == 1


def test_a_notification_of_another_account_records_nothing(
    stripe: StripeStandIn, gateway: PaymentGateway, client: Browser
) -> None:
    set_up("stripe", {"account_id": "acct_ours"})
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    body = json.dumps({**json.loads(paid_event(stripe, attempt)), "account": "acct_theirs"}).encode()
    assert post_event(client, gateway, body) == 200
    process_all()
    assert GatewayEvent.objects.get().status == GatewayEventStatus.REFUSED
    assert not Payment.objects.exists()


def test_a_hundred_repeats_are_one_payment(stripe: StripeStandIn, gateway: PaymentGateway, client: Browser) -> None:
    _client, invoice = make_debtor()
    body = paid_event(stripe, go_to_page(invoice))
    assert {post_event(client, gateway, body) for _again in range(100)} == {200}
    assert GatewayEvent.objects.count() == 1
    for _again in range(3):
        process_all()
    assert Payment.objects.count() == 1


def test_many_events_about_one_payment_are_one_payment(
    stripe: StripeStandIn, gateway: PaymentGateway, client: Browser
) -> None:
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    body = paid_event(stripe, attempt)
    session = stripe.account.objects[attempt.external_id]
    for each in (body, *(stripe.account.event("checkout.session.completed", session) for _again in range(5))):
        assert post_event(client, gateway, each) == 200
    process_all()
    assert (Payment.objects.count(), GatewayEvent.objects.filter(status=GatewayEventStatus.DONE).count()) == (1, 6)


def test_an_event_may_be_faster_than_our_own_record(
    stripe: StripeStandIn, gateway: PaymentGateway, client: Browser
) -> None:
    """The answer to the start was lost, the client went to the page anyway and paid."""
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    body = paid_event(stripe, attempt)
    PaymentAttempt.objects.update(external_id="", redirect_url="", status=AttemptStatus.STARTING)
    assert post_event(client, gateway, body) == 200
    process_all()
    assert fresh(invoice).status == InvoiceStatus.PAID


def test_money_for_a_cancelled_invoice_becomes_credit(
    stripe: StripeStandIn, gateway: PaymentGateway, client: Browser
) -> None:
    payer, invoice = make_debtor("30")
    attempt = go_to_page(invoice)
    body = paid_event(stripe, attempt)
    cancel_invoice(invoice=fresh(invoice), actor="op", now=database_now())
    post_event(client, gateway, body)
    process_all()
    assert (fresh(invoice).status, credit_of(payer)) == (InvoiceStatus.CANCELLED, Decimal(30))
    assert books_are_right()


def test_an_outage_while_it_is_processed_loses_nothing(
    stripe: StripeStandIn, gateway: PaymentGateway, client: Browser
) -> None:
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    post_event(client, gateway, paid_event(stripe, attempt))
    stripe.account.faults = ["500"]
    process_all()
    attempt.refresh_from_db()
    assert (attempt.status, attempt.run_after is not None) == (AttemptStatus.PENDING, True)
    assert look(attempt).status == AttemptStatus.SUCCEEDED


def test_what_is_nothing_for_us_is_kept(stripe: StripeStandIn, gateway: PaymentGateway, client: Browser) -> None:
    for name, about in (
        ("plan.created", {"object": "plan", "id": "plan_1"}),
        ("payment_intent.succeeded", {"object": "payment_intent", "id": "pi_other", "amount": 5, "currency": "eur"}),
    ):
        assert post_event(client, gateway, stripe.account.event(name, about)) == 200
    process_all()
    assert set(GatewayEvent.objects.values_list("status", flat=True)) == {GatewayEventStatus.IGNORED}


def test_a_lost_dispute_takes_the_money_back(stripe: StripeStandIn, gateway: PaymentGateway, client: Browser) -> None:
    _client, invoice = make_debtor()
    attempt = go_to_page(invoice)
    post_event(client, gateway, paid_event(stripe, attempt))
    process_all()
    reference = Payment.objects.get().reference
    opened = {"object": "dispute", "id": "dp_1", "payment_intent": reference, "status": "needs_response"}
    post_event(client, gateway, stripe.account.event("charge.dispute.created", opened))
    process_all()
    assert fresh(invoice).status == InvoiceStatus.PAID
    post_event(client, gateway, stripe.account.event("charge.dispute.closed", {**opened, "status": "lost"}))
    process_all()
    assert fresh(invoice).status == InvoiceStatus.COLLECTIONS
    assert books_are_right()


def test_two_workers_process_a_notification_once(
    stripe: StripeStandIn, gateway: PaymentGateway, client: Browser
) -> None:
    _client, invoice = make_debtor()
    pay(invoice)
    payer, invoice = make_debtor()
    post_event(client, gateway, paid_event(stripe, go_to_page(invoice)))
    event = GatewayEvent.objects.get()
    for _worker in range(2):
        process_event(event_id=event.pk, clock=database_now)
    event.refresh_from_db()
    assert (event.tries, Payment.objects.filter(client=payer).count()) == (1, 1)
