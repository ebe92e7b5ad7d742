"""Stripe's objects read: sessions, PaymentIntents, refunds and events, and amounts in its smallest units."""

from decimal import Decimal
from typing import Any, Final

from babel.numbers import get_currency_precision

from billing.gateways.base import Answer, Card, Keys, Notice, NoticeSubject, RefundAnswer, Standing

# docs.stripe.com/currencies: two decimals at Stripe although the currency has none.
SPECIAL: Final = {"ISK": 2, "UGX": 2}
INTENT_STANDINGS: Final = {
    "succeeded": Standing.SUCCEEDED,
    "processing": Standing.PROCESSING,
    "canceled": Standing.CANCELLED,
    "requires_payment_method": Standing.FAILED,
    # A saved card whose bank wants to see the client: nobody is there to be seen.
    "requires_action": Standing.FAILED,
    "requires_confirmation": Standing.FAILED,
    "requires_capture": Standing.PROCESSING,
}
REFUND_STANDINGS: Final = {
    "succeeded": Standing.SUCCEEDED,
    "failed": Standing.FAILED,
    "canceled": Standing.FAILED,
}


def to_units(amount: Decimal, currency: str) -> int:
    """An amount in the smallest unit that Stripe counts in."""
    return int(amount.scaleb(_decimals(currency)))


def from_units(units: int, currency: str) -> Decimal:
    """The amount of so many smallest units."""
    return Decimal(int(units)).scaleb(-_decimals(currency))


def _decimals(currency: str) -> int:
    """Those of ISO 4217, whatever the portal rounds prices to."""
    code = currency.upper()
    return SPECIAL.get(code, get_currency_precision(code))


def is_live(keys: Keys) -> bool:
    """Whether the key moves real money."""
    return "_live_" in keys.get("secret_key", "")


def answer_of_session(session: dict[str, Any], keys: Keys) -> Answer:
    """A Checkout Session by what became of its PaymentIntent, which is best expanded."""
    currency = str(session["currency"]).upper()
    intent = session.get("payment_intent")
    if session.get("payment_status") == "paid" and isinstance(intent, dict):
        standing = Standing.SUCCEEDED
    elif session.get("status") == "expired":
        standing = Standing.CANCELLED
    elif session.get("status") == "complete":
        is_failed = isinstance(intent, dict) and intent.get("status") in ("requires_payment_method", "canceled")
        standing = Standing.FAILED if is_failed else Standing.PROCESSING
    else:
        standing = Standing.PENDING
    details = intent if isinstance(intent, dict) else {}
    return Answer(
        standing,
        session["id"],
        str(details.get("id", "")),
        from_units(session["amount_total"], currency),
        currency,
        is_ours=bool(session.get("livemode")) == is_live(keys),
        fee=_fee_of(details, currency),
        reason=_failure_of(details),
        card=_card_of(details),
    )


def answer_of_intent(intent: dict[str, Any], keys: Keys) -> Answer:
    """A PaymentIntent, best with its charge and payment method expanded."""
    currency = str(intent["currency"]).upper()
    standing = INTENT_STANDINGS.get(str(intent.get("status")), Standing.PROCESSING)
    units = intent.get("amount_received") if standing == Standing.SUCCEEDED else None
    return Answer(
        standing,
        intent["id"],
        intent["id"],
        from_units(units or intent["amount"], currency),
        currency,
        is_ours=bool(intent.get("livemode")) == is_live(keys),
        fee=_fee_of(intent, currency),
        reason=_failure_of(intent) or (str(intent["status"]) if standing == Standing.FAILED else ""),
        card=_card_of(intent),
    )


def _fee_of(intent: dict[str, Any], currency: str) -> Decimal:
    """What Stripe kept; unknown where the balance is kept in another currency."""
    charge = intent.get("latest_charge")
    entry = charge.get("balance_transaction") if isinstance(charge, dict) else None
    if not isinstance(entry, dict) or str(entry.get("currency", "")).upper() != currency:
        return Decimal(0)
    return from_units(max(int(entry.get("fee") or 0), 0), currency)


def _failure_of(intent: dict[str, Any]) -> str:
    error = intent.get("last_payment_error")
    return str(error.get("decline_code") or error.get("code") or "") if isinstance(error, dict) else ""


def _card_of(intent: dict[str, Any]) -> Card | None:
    """What was saved for later, if the client wanted it."""
    method = intent.get("payment_method")
    if not isinstance(method, dict) or not intent.get("setup_future_usage"):
        return None
    card = method.get("card") or {}
    customer = intent.get("customer")
    return Card(
        str(method["id"]),
        customer_id=str(customer.get("id") if isinstance(customer, dict) else customer or ""),
        brand=str(card.get("brand", "")),
        last4=str(card.get("last4", "")),
        expiry_month=card.get("exp_month"),
        expiry_year=card.get("exp_year"),
    )


def refund_answer(refund: dict[str, Any]) -> RefundAnswer:
    """A Refund."""
    standing = REFUND_STANDINGS.get(str(refund.get("status")), Standing.PENDING)
    return RefundAnswer(standing, str(refund["id"]), str(refund.get("failure_reason") or ""))


def notice_of(event_id: str, name: str, found: dict[str, Any], *, is_ours: bool) -> Notice:
    """Only names and sums are taken from the object: the rest is asked for."""
    metadata = found.get("metadata") or {}
    shared: dict[str, Any] = {"event_id": event_id, "name": name, "is_ours": is_ours}
    kind = str(found.get("object", ""))
    if kind in ("checkout.session", "payment_intent"):
        currency = str(found.get("currency") or "").upper() or None
        units = found.get("amount_total") if kind == "checkout.session" else found.get("amount")
        return Notice(
            subject=NoticeSubject.PAYMENT,
            external_ids=tuple(str(each) for each in (found.get("id"), found.get("payment_intent")) if each),
            key=str(metadata.get("attempt") or found.get("client_reference_id") or ""),
            amount=None if units is None or currency is None else from_units(units, currency),
            currency=currency,
            is_success=name in ("payment_intent.succeeded", "checkout.session.async_payment_succeeded"),
            **shared,
        )
    named = str(found.get("payment_intent") or "")
    if kind == "refund":
        own = str(metadata.get("refund") or "")
        refund_id = int(own) if own.isdecimal() else None
        return Notice(
            subject=NoticeSubject.REFUND, external_ids=(str(found["id"]), named), refund_id=refund_id, **shared
        )
    if kind == "dispute" and name == "charge.dispute.created":
        return Notice(subject=NoticeSubject.DISPUTE_OPENED, external_ids=(named,), **shared)
    if kind == "dispute" and name == "charge.dispute.closed" and found.get("status") == "lost":
        return Notice(subject=NoticeSubject.DISPUTE_LOST, external_ids=(named,), **shared)
    return Notice(subject=NoticeSubject.OTHER, **shared)
