"""YooKassa by its HTTP API (yookassa.ru/developers): payments on its page or by a saved card, refunds, receipts.

Its notifications carry no signature: they come to an address with a secret in it, and what they say is asked for again
before anything is done.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final

from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.gateways.base import (
    Answer,
    Card,
    Charge,
    GatewayMisconfigured,
    GatewayRejected,
    GatewayUnavailable,
    KeyField,
    Keys,
    Notice,
    NoticeForged,
    NoticeMalformed,
    NoticeSubject,
    RefundAnswer,
    Repayment,
    Standing,
    Started,
)
from billing.outbound import JsonAnswer, OutboundUnavailable, ask_json

SECONDS: Final = 20.0
LONGEST_DESCRIPTION: Final = 128
STANDINGS: Final = {
    "pending": Standing.PENDING,
    # Payments are captured at once; one that an account holds back is on its way.
    "waiting_for_capture": Standing.PROCESSING,
    "succeeded": Standing.SUCCEEDED,
    "canceled": Standing.CANCELLED,
}
# Reasons of a cancelled payment that are nobody's refusal: the client did not pay in time.
NOT_PAID: Final = frozenset({"expired_on_confirmation", "expired_on_capture", "canceled_by_merchant"})


class YooKassa:
    """See `billing.gateways.base.Gateway`."""

    code: ClassVar[str] = "yookassa"
    label: ClassVar[str | Promise] = gettext_lazy("Card or SBP (YooKassa)")
    currencies: ClassVar[frozenset[str]] = frozenset({"RUB"})
    needs_receipt: ClassVar[bool] = True
    # A payment that waits for the client ends by itself; there is no call for it.
    can_cancel: ClassVar[bool] = False
    key_fields: ClassVar[tuple[KeyField, ...]] = (
        KeyField("shop_id", gettext_lazy("Shop ID"), is_secret=False),
        KeyField("secret_key", gettext_lazy("Secret key"), gettext_lazy("Begins with live_ or test_.")),
    )

    def start(self, keys: Keys, charge: Charge) -> Started:
        """A payment with a page to confirm it on."""
        confirmation = {"type": "redirect", "return_url": charge.return_url, "locale": _locale(charge.language)}
        payload = {**_payload(charge), "confirmation": confirmation}
        if charge.saves_method:
            payload["save_payment_method"] = True
        found = _ask(keys, "POST", "payments", payload, key=charge.key)
        url = (found.get("confirmation") or {}).get("confirmation_url")
        if not url:
            raise GatewayUnavailable("YooKassa gave no page.")
        return Started(str(found["id"]), str(url), _moment(found.get("expires_at")))

    def make_customer(self, keys: Keys, *, client_id: int, email: str, name: str) -> str:
        """It keeps no customers."""
        return ""

    def charge(self, keys: Keys, charge: Charge) -> Answer:
        """A payment by a saved method, without the client."""
        payload = {**_payload(charge), "payment_method_id": charge.method_id}
        return _answer_of(_ask(keys, "POST", "payments", payload, key=charge.key), keys)

    def look(self, keys: Keys, external_id: str) -> Answer:
        return _answer_of(_ask(keys, "GET", f"payments/{external_id}"), keys)

    def cancel(self, keys: Keys, external_id: str) -> None:
        """Nothing can be done: it ends by itself, and money that comes before that is taken."""

    def refund(self, keys: Keys, repayment: Repayment) -> RefundAnswer:
        """Gives back a part or all of a payment."""
        payload: dict[str, Any] = {
            "payment_id": repayment.reference,
            "amount": _amount(repayment.amount, repayment.currency),
            "description": repayment.reason[:250],
            "metadata": {"refund": str(repayment.refund_id)},
        }
        if repayment.receipt is not None:
            payload["receipt"] = dict(repayment.receipt)
        return _refund_answer(_ask(keys, "POST", "refunds", payload, key=repayment.key))

    def look_refund(self, keys: Keys, external_id: str) -> RefundAnswer:
        return _refund_answer(_ask(keys, "GET", f"refunds/{external_id}"))

    def check_keys(self, keys: Keys) -> str:
        """Asks about the shop."""
        found = _ask(keys, "GET", "me")
        words = _("YooKassa takes the test key of shop %(shop)s.") if found.get("test") else _("Shop %(shop)s: live.")
        return words % {"shop": found.get("account_id", keys.get("shop_id", ""))}

    def read_notice(self, keys: Keys, body: bytes, headers: Mapping[str, str]) -> Notice:
        """The secret of the address was judged before. Raises NoticeForged for what is no text."""
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise NoticeForged from error
        return self.parse_notice(keys, text)

    def parse_notice(self, keys: Keys, body: str) -> Notice:
        """A payment or a refund that changed; the notification has no number, so it is named by what it tells."""
        try:
            data = json.loads(body)
            name, found = str(data["event"]), data["object"]
            external_id = str(found["id"])
        except (ValueError, KeyError, TypeError) as error:
            raise NoticeMalformed(str(error)) from error
        event_id = f"{name}:{external_id}"
        metadata = found.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        if name.startswith("payment."):
            amount, currency = _claims(found.get("amount"))
            recipient = (found.get("recipient") or {}).get("account_id")
            return Notice(
                event_id=event_id,
                name=name,
                subject=NoticeSubject.PAYMENT,
                external_ids=(external_id,),
                key=str(metadata.get("attempt", "")),
                amount=amount,
                currency=currency,
                is_ours=recipient is None or str(recipient) == keys.get("shop_id"),
                is_success=name == "payment.succeeded",
            )
        if name.startswith("refund."):
            own = str(metadata.get("refund", ""))
            named = (external_id, str(found.get("payment_id", "")))
            refund_id = int(own) if own.isdecimal() else None
            return Notice(event_id, name, NoticeSubject.REFUND, external_ids=named, refund_id=refund_id)
        return Notice(event_id, name, NoticeSubject.OTHER)


def _ask(keys: Keys, method: str, path: str, payload: Mapping[str, Any] | None = None, *, key: str = "") -> Any:
    """The JSON object of an answer; YooKassa's errors as ours."""
    if not keys.get("shop_id") or not keys.get("secret_key"):
        raise GatewayMisconfigured(_("The shop ID or the secret key is missing."))
    try:
        answer = ask_json(
            method,
            f"{settings.YOOKASSA_API_URL}/{path}",
            payload=payload,
            headers={"Idempotence-Key": key} if key else {},
            auth=(keys["shop_id"], keys["secret_key"]),
            seconds=SECONDS,
        )
    except OutboundUnavailable as error:
        raise GatewayUnavailable(str(error)) from error
    return _judge(answer)


def _judge(answer: JsonAnswer) -> dict[str, Any]:
    data = answer.data
    if answer.status == 200 and isinstance(data, dict) and data.get("type") != "error":
        return data
    found = data if isinstance(data, dict) else {}
    code, words = str(found.get("code", "")), str(found.get("description") or f"HTTP {answer.status}")
    if found.get("parameter"):
        words = f"{words} ({found['parameter']})"
    if answer.status in (401, 403):
        raise GatewayMisconfigured(words)
    # 429 and 5xx say nothing about the payment; the same key asks again.
    if answer.status in (400, 404, 405, 415) and code:
        raise GatewayRejected(code, words)
    raise GatewayUnavailable(words)


def _payload(charge: Charge) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "amount": _amount(charge.amount, charge.currency),
        "capture": True,
        "description": charge.description[:LONGEST_DESCRIPTION],
        "metadata": {"attempt": charge.key, "invoice": str(charge.invoice_id)},
    }
    if charge.receipt is not None:
        payload["receipt"] = dict(charge.receipt)
    return payload


def _amount(amount: Decimal, currency: str) -> dict[str, str]:
    return {"value": f"{amount:.2f}", "currency": currency}


def _locale(language: str) -> str:
    return "ru_RU" if language == "ru" else "en_US"


def _moment(text: Any) -> datetime | None:
    return parse_datetime(text) if isinstance(text, str) else None


def _claims(amount: Any) -> tuple[Decimal | None, str | None]:
    try:
        return Decimal(str(amount["value"])), str(amount["currency"])
    except (TypeError, KeyError, InvalidOperation):
        return None, None


def _answer_of(found: Mapping[str, Any], keys: Keys) -> Answer:
    amount, currency = _claims(found.get("amount"))
    if amount is None or currency is None:
        raise GatewayUnavailable("YooKassa named no amount.")
    standing = STANDINGS.get(str(found.get("status")), Standing.PENDING)
    reason = str((found.get("cancellation_details") or {}).get("reason", ""))
    if standing == Standing.CANCELLED and reason not in NOT_PAID:
        standing = Standing.FAILED
    income, _same = _claims(found.get("income_amount"))
    recipient = (found.get("recipient") or {}).get("account_id")
    return Answer(
        standing,
        str(found["id"]),
        str(found["id"]),
        amount,
        currency,
        is_ours=recipient is None or str(recipient) == keys["shop_id"],
        fee=max(amount - income, Decimal(0)) if income is not None else Decimal(0),
        reason=reason,
        card=_card_of(found.get("payment_method")),
    )


def _card_of(method: Any) -> Card | None:
    if not isinstance(method, dict) or not method.get("saved"):
        return None
    card = method.get("card") or {}
    month, year = str(card.get("expiry_month", "")), str(card.get("expiry_year", ""))
    return Card(
        str(method["id"]),
        title=str(method.get("title") or ""),
        brand=str(card.get("card_type", "")),
        last4=str(card.get("last4", "")),
        expiry_month=int(month) if month.isdecimal() else None,
        expiry_year=int(year) if year.isdecimal() else None,
    )


def _refund_answer(found: Mapping[str, Any]) -> RefundAnswer:
    standing = {"succeeded": Standing.SUCCEEDED, "canceled": Standing.FAILED}.get(str(found.get("status")))
    reason = str((found.get("cancellation_details") or {}).get("reason", ""))
    return RefundAnswer(standing or Standing.PENDING, str(found["id"]), reason)
