"""Stripe: Checkout for clients on its page, PaymentIntents for saved cards, refunds, signed webhooks."""

import atexit
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar, Final

import stripe
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.gateways.base import (
    Answer,
    Charge,
    GatewayMisconfigured,
    GatewayRejected,
    GatewayUnavailable,
    KeyField,
    Keys,
    Notice,
    NoticeForged,
    NoticeMalformed,
    RefundAnswer,
    Repayment,
    Standing,
    Started,
)
from billing.gateways.stripe_objects import (
    answer_of_intent,
    answer_of_session,
    is_live,
    notice_of,
    refund_answer,
    to_units,
)

SECONDS: Final = 20
# How far the clock of a webhook may be from ours, in seconds.
TOLERANCE: Final = 300
EXPANDED_INTENT: Final = ("latest_charge.balance_transaction", "payment_method")


class Stripe:
    """See `billing.gateways.base.Gateway`."""

    code: ClassVar[str] = "stripe"
    label: ClassVar[str | Promise] = gettext_lazy("Card (Stripe)")
    currencies: ClassVar[frozenset[str]] = frozenset()
    needs_receipt: ClassVar[bool] = False
    can_cancel: ClassVar[bool] = True
    key_fields: ClassVar[tuple[KeyField, ...]] = (
        KeyField("secret_key", gettext_lazy("Secret key"), gettext_lazy("Begins with sk_live_ or sk_test_.")),
        KeyField(
            "webhook_secret",
            gettext_lazy("Signing secret of the webhook"),
            gettext_lazy("Begins with whsec_. While it is being changed, both, with a space between."),
        ),
        KeyField(
            "account_id",
            gettext_lazy("Account"),
            gettext_lazy("Begins with acct_. If it is given, notifications for another account are refused."),
            is_secret=False,
            is_required=False,
        ),
    )

    def start(self, keys: Keys, charge: Charge) -> Started:
        """A Checkout Session over one line."""
        intent: dict[str, Any] = {"description": charge.description, "metadata": _metadata(charge)}
        if charge.saves_method:
            intent["setup_future_usage"] = "off_session"
        params: Any = {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": charge.currency.lower(),
                        "unit_amount": to_units(charge.amount, charge.currency),
                        "product_data": {"name": charge.description},
                    },
                }
            ],
            "client_reference_id": charge.key,
            "metadata": _metadata(charge),
            "payment_intent_data": intent,
            "success_url": charge.return_url,
            "cancel_url": charge.return_url,
            "locale": charge.language if charge.language in ("en", "ru") else "auto",
        }
        params |= {"customer": charge.customer_id} if charge.customer_id else {"customer_email": charge.email}
        session = _ask(lambda: _client(keys).v1.checkout.sessions.create(params, {"idempotency_key": charge.key}))
        if not session.get("url"):
            raise GatewayUnavailable("Stripe gave no page.")
        return Started(session["id"], session["url"], _moment(session.get("expires_at")))

    def make_customer(self, keys: Keys, *, client_id: int, email: str, name: str) -> str:
        """A Customer; asked twice within a day, the same one."""
        params: Any = {"email": email, "name": name, "metadata": {"client": str(client_id)}}
        options: Any = {"idempotency_key": f"customer-{client_id}"}
        return str(_ask(lambda: _client(keys).v1.customers.create(params, options))["id"])

    def charge(self, keys: Keys, charge: Charge) -> Answer:
        """A PaymentIntent that is confirmed at once, off session."""
        params: Any = {
            "amount": to_units(charge.amount, charge.currency),
            "currency": charge.currency.lower(),
            "customer": charge.customer_id,
            "payment_method": charge.method_id,
            "off_session": True,
            "confirm": True,
            "metadata": _metadata(charge),
            "expand": list(EXPANDED_INTENT),
        }
        try:
            intent = _ask(lambda: _client(keys).v1.payment_intents.create(params, {"idempotency_key": charge.key}))
        except CardDeclined as declined:
            return Answer(
                Standing.FAILED, declined.intent, declined.intent, charge.amount, charge.currency, reason=declined.code
            )
        return answer_of_intent(intent, keys)

    def look(self, keys: Keys, external_id: str) -> Answer:
        """A session by what became of its PaymentIntent, or a PaymentIntent itself."""
        if external_id.startswith("pi_"):
            params: Any = {"expand": list(EXPANDED_INTENT)}
            intent = _ask(lambda: _client(keys).v1.payment_intents.retrieve(external_id, params))
            return answer_of_intent(intent, keys)
        params = {"expand": [f"payment_intent.{path}" for path in EXPANDED_INTENT]}
        session = _ask(lambda: _client(keys).v1.checkout.sessions.retrieve(external_id, params))
        return answer_of_session(session, keys)

    def cancel(self, keys: Keys, external_id: str) -> None:
        """Expires a session; Stripe refuses where it is complete or expired."""
        try:
            _ask(lambda: _client(keys).v1.checkout.sessions.expire(external_id))
        except GatewayRejected:
            return

    def refund(self, keys: Keys, repayment: Repayment) -> RefundAnswer:
        """A Refund of the PaymentIntent."""
        params: Any = {
            "payment_intent": repayment.reference,
            "amount": to_units(repayment.amount, repayment.currency),
            "metadata": {"refund": str(repayment.refund_id), "reason": repayment.reason[:400]},
        }
        options: Any = {"idempotency_key": repayment.key}
        return refund_answer(_ask(lambda: _client(keys).v1.refunds.create(params, options)))

    def look_refund(self, keys: Keys, external_id: str) -> RefundAnswer:
        return refund_answer(_ask(lambda: _client(keys).v1.refunds.retrieve(external_id)))

    def check_keys(self, keys: Keys) -> str:
        """Reads the balance: any working key may."""
        balance = _ask(lambda: _client(keys).v1.balance.retrieve())
        return _("Stripe takes the key: live payments.") if balance.get("livemode") else _("Stripe takes the test key.")

    def read_notice(self, keys: Keys, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Each of the secrets may have signed it."""
        secrets = keys.get("webhook_secret", "").split()
        if not secrets:
            raise GatewayMisconfigured(_("The signing secret of the webhook is missing."))
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise NoticeForged from error
        for secret in secrets:
            try:
                stripe.WebhookSignature.verify_header(text, headers.get("Stripe-Signature", ""), secret, TOLERANCE)
            except stripe.SignatureVerificationError:
                continue
            return self.parse_notice(keys, text)
        raise NoticeForged

    def parse_notice(self, keys: Keys, body: str) -> Notice:
        """The event, and what it claims of its object."""
        try:
            event = json.loads(body)
            found = event["data"]["object"]
            name, event_id = str(event["type"]), str(event["id"])
        except (ValueError, KeyError, TypeError) as error:
            raise NoticeMalformed(str(error)) from error
        if not isinstance(found, dict):
            raise NoticeMalformed("data.object")
        is_ours = bool(event.get("livemode")) == is_live(keys)
        if event.get("account") and keys.get("account_id"):
            is_ours = is_ours and event["account"] == keys["account_id"]
        return notice_of(event_id, name, found, is_ours=is_ours)


class CardDeclined(GatewayRejected):
    """The bank said no."""

    def __init__(self, code: str, intent: str) -> None:
        super().__init__(code, code)
        self.intent = intent


@cache
def _connections() -> stripe.HTTPXClient:
    """Kept open until the process ends: a client of its own for each call would leave its connections behind."""
    kept = stripe.HTTPXClient(timeout=SECONDS, allow_sync_methods=True)
    atexit.register(kept.close)
    return kept


def _client(keys: Keys) -> stripe.StripeClient:
    if not keys.get("secret_key"):
        raise GatewayMisconfigured(_("The secret key is missing."))
    addresses: Any = {"api": settings.STRIPE_API_URL} if settings.STRIPE_API_URL else {}
    return stripe.StripeClient(
        keys["secret_key"],
        http_client=_connections(),
        base_addresses=addresses,
        max_network_retries=0,
    )


def _ask(call: Callable[[], Any]) -> dict[str, Any]:
    """The answer as plain values; Stripe's errors as ours."""
    try:
        return dict(call().to_dict())
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise GatewayMisconfigured(str(error.user_message or error)) from error
    except stripe.CardError as error:
        intent = _error_of(error).get("payment_intent") or {}
        raise CardDeclined(_decline_code(error), str(intent.get("id", ""))) from error
    except stripe.InvalidRequestError as error:
        raise GatewayRejected(error.code or "invalid_request", str(error.user_message or error)) from error
    except stripe.StripeError as error:
        raise GatewayUnavailable(f"{type(error).__name__}: {error}") from error


def _error_of(error: stripe.StripeError) -> dict[str, Any]:
    body: Any = error.json_body
    return dict((body or {}).get("error") or {})


def _decline_code(error: stripe.CardError) -> str:
    return str(_error_of(error).get("decline_code") or error.code or "card_declined")


def _metadata(charge: Charge) -> dict[str, str]:
    return {"attempt": charge.key, "invoice": str(charge.invoice_id), "for": charge.description}


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, tz=UTC) if seconds else None
