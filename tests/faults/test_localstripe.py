"""Stripe's SDK against localstripe, a simulator that is not ours: charges, refunds, signed webhooks over HTTP."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from pytest_django.live_server_helper import LiveServer

from billing.actions.gateways.automatic import queue_automatic_payment
from billing.actions.gateways.refunding import run_refund
from billing.actions.refunds import refund_payment
from billing.models import (
    AttemptStatus,
    GatewayEvent,
    GatewayEventStatus,
    InvoiceStatus,
    Payment,
    PaymentAttempt,
    RefundStatus,
    RefundWay,
    StoredMethod,
)
from billing.queries.clock import business_date, database_now
from catalog.models import Currency
from demo.processes import find_free_port
from tests.billing.actions.books import books_are_right, fresh
from tests.billing.gateways.shop import look, process_all, set_up
from tests.builders import bill, make_client

pytestmark = [pytest.mark.processes, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

KEYS = {"secret_key": "sk_test_12345", "webhook_secret": "whsec_localstripe"}
GOOD_CARD, BAD_CARD = "4242424242424242", "4000000000000341"


@pytest.fixture
def simulator() -> Iterator[str]:
    """A process of its own; it keeps its state in a temporary folder, which is this test's.

    It sends each webhook a second late, to where webhooks go by then: one that other tests had used would send theirs.
    """
    port = find_free_port()
    command = [str(Path(sys.executable).parent / "localstripe"), "--port", str(port), "--from-scratch"]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command, env={"TMPDIR": folder, "PATH": "/usr/bin:/bin"}, stderr=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}"
        try:
            for _attempt in range(100):
                try:
                    httpx.get(f"{url}/v1/balance", auth=(KEYS["secret_key"], ""), timeout=1)
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(autouse=True)
def gateway(simulator: str, live_server: LiveServer, settings: pytest.FixtureRequest) -> None:
    settings.STRIPE_API_URL = simulator  # type: ignore[attr-defined]
    Currency.objects.get_or_create(code="EUR", defaults={"is_default": True})
    row = set_up("stripe", KEYS)
    hook = f"{live_server.url}/hooks/stripe/{row.hook_token}/"
    httpx.post(
        f"{simulator}/_config/webhooks/portal", json={"url": hook, "secret": KEYS["webhook_secret"]}, timeout=5
    ).raise_for_status()


def save_card(simulator: str, number: str) -> StoredMethod:
    """A client with a card that the simulator knows."""
    client = make_client()

    def post(path: str, **values: str) -> str:
        answer = httpx.post(f"{simulator}/v1/{path}", data=values, auth=(KEYS["secret_key"], ""), timeout=5)
        answer.raise_for_status()
        return str(answer.json()["id"])

    customer = post("customers", email=client.email)
    card = {"card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2031", "card[cvc]": "123"}
    method = post("payment_methods", type="card", **card)
    post(f"payment_methods/{method}/attach", customer=customer)
    return StoredMethod.objects.create(
        client=client,
        gateway="stripe",
        external_id=method,
        customer_id=customer,
        is_default=True,
        last4=number[-4:],
        created_at=database_now(),
    )


def charge(card: StoredMethod, amount: str) -> PaymentAttempt:
    invoice = bill(card.client, amount)
    now = database_now()
    attempt = queue_automatic_payment(invoice=invoice, day=business_date(now), now=now, actor="night")
    assert attempt is not None
    return look(attempt)


def test_a_saved_card_is_charged_and_a_signed_webhook_says_so(simulator: str) -> None:
    attempt = charge(save_card(simulator, GOOD_CARD), "25")
    assert attempt.status == AttemptStatus.SUCCEEDED
    assert fresh(attempt.invoice).status == InvoiceStatus.PAID
    for _moment in range(50):
        if GatewayEvent.objects.filter(name="payment_intent.succeeded").exists():
            break
        time.sleep(0.1)
    process_all()
    event = GatewayEvent.objects.get(name="payment_intent.succeeded")
    assert (event.status, event.attempt) == (GatewayEventStatus.DONE, attempt)
    assert Payment.objects.count() == 1
    assert books_are_right()


def test_a_refused_card_charges_nothing(simulator: str) -> None:
    attempt = charge(save_card(simulator, BAD_CARD), "25")
    assert attempt.status == AttemptStatus.FAILED
    assert not Payment.objects.exists()


@pytest.mark.parametrize(("amount", "status"), [("25", InvoiceStatus.REFUNDED), ("10", InvoiceStatus.PAID)])
def test_money_goes_back_whole_and_in_part(simulator: str, amount: str, status: InvoiceStatus) -> None:
    payment = charge(save_card(simulator, GOOD_CARD), "25").payment
    assert payment is not None
    refund = refund_payment(
        payment=payment,
        amount=Decimal(amount),
        way=RefundWay.GATEWAY,
        reason="not wanted",
        request_key=f"key-{amount}",
        actor="op",
        now=database_now(),
    )
    run_refund(refund_id=refund.pk, clock=database_now)
    refund.refresh_from_db()
    assert (refund.status, refund.reference.startswith("re_")) == (RefundStatus.DONE, True)
    assert fresh(payment.invoice).status == status
    assert books_are_right()
