"""A portal that takes cards by the stand-in of Stripe, and somebody who has to pay."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from billing.actions.gateways.notices import process_event
from billing.actions.gateways.setup import ensure_gateways, save_gateway
from billing.actions.gateways.starting import start_payment
from billing.actions.gateways.tending import tend_attempt
from billing.models import Client, GatewayEvent, Invoice, PaymentAttempt, PaymentGateway
from billing.queries.clock import database_now
from billing.queries.gateways import GatewayTerms
from tests.billing.actions.books import fresh
from tests.builders import bill, make_client
from tests.standins.stripe import SECRET_KEY, WEBHOOK_SECRET, StripeStandIn, sign
from tests.standins.yookassa import YooKassa

YOOKASSA_KEYS = {"shop_id": "100500", "secret_key": "test_secret"}
STRIPE_KEYS = {"secret_key": SECRET_KEY, "webhook_secret": WEBHOOK_SECRET}


@pytest.fixture(scope="session")
def stripe_server() -> Iterator[StripeStandIn]:
    with StripeStandIn() as standin:
        yield standin


@pytest.fixture
def stripe(stripe_server: StripeStandIn, settings: object) -> StripeStandIn:
    """Empty, and the one that the portal asks."""
    account = stripe_server.account
    account.webhook_url, account.fee_percent, account.refunds_are_pending = "", 2.0, False
    for forgotten in (account.calls, account.objects, account.keys, account.faults):
        forgotten.clear()
    settings.STRIPE_API_URL = stripe_server.url  # type: ignore[attr-defined]
    return stripe_server


@pytest.fixture(scope="session")
def yookassa_server() -> Iterator[YooKassa]:
    with YooKassa() as standin:
        yield standin


@pytest.fixture
def yookassa(yookassa_server: YooKassa, settings: object) -> YooKassa:
    """Empty, and the one that the portal asks."""
    yookassa_server.reset()
    settings.YOOKASSA_API_URL = yookassa_server.url  # type: ignore[attr-defined]
    return yookassa_server


def set_up(code: str, keys: dict[str, str], *, terms: dict[str, GatewayTerms] | None = None) -> PaymentGateway:
    """The gateway, offered to clients, who may save their card."""
    ensure_gateways()
    return save_gateway(
        gateway=PaymentGateway.objects.get(code=code),
        values={"is_active": True, "stores_methods": True},
        terms=terms or {},
        keys=keys,
        actor="operator",
        now=database_now(),
    )


def make_debtor(amount: str = "100", **profile: str) -> tuple[Client, Invoice]:
    client = make_client(**profile)
    return client, bill(client, amount)


def go_to_page(
    invoice: Invoice, *, gateway: str = "stripe", saves_method: bool = False, now: datetime | None = None
) -> PaymentAttempt:
    """The client presses the button."""
    return start_payment(
        invoice=fresh(invoice),
        gateway=gateway,
        saves_method=saves_method,
        actor="anna@example.com",
        now=now or database_now(),
        language="en",
    )


def look(attempt: PaymentAttempt) -> PaymentAttempt:
    """A worker asks the gateway now, whatever the schedule says."""
    PaymentAttempt.objects.filter(pk=attempt.pk).update(run_after=database_now())
    tend_attempt(attempt_id=attempt.pk, clock=database_now)
    return PaymentAttempt.objects.select_related("invoice", "payment").get(pk=attempt.pk)


def process_all() -> None:
    """What workers do with the notifications that came."""
    for event in GatewayEvent.objects.due(now=database_now()).order_by("pk"):
        process_event(event_id=event.pk, clock=database_now)


def post_event(client: object, gateway: PaymentGateway, body: bytes, headers: dict[str, str] | None = None) -> int:
    """The gateway's request to our hook; the status of the answer."""
    sent = sign(body) if headers is None else headers
    path = f"/hooks/{gateway.code}/{gateway.hook_token}/"
    answer = client.post(path, body, content_type="application/json", headers=sent)  # type: ignore[attr-defined]
    return int(answer.status_code)
