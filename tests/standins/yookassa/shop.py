"""The shop as YooKassa sees it: its payments, refunds and saved cards. Knows no HTTP."""

import json
import threading
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from uuid import uuid4

from tests.standins.yookassa.problems import invalid, not_found
from tests.standins.yookassa.receipts import check_receipt, read_amount

KEPT: Final = Decimal("0.965")
USUAL_CARD: Final = "4444"
REFUSED_CARD: Final = "0002"
SLOW_CARD: Final = "0003"
Object = dict[str, Any]
Tell = Callable[[str, Object], None]


class Shop:
    """Hold `lock` to look into `payments` and `refunds` (by id). What happens is told after it was written down."""

    def __init__(self, *, shop_id: str, tell: Tell) -> None:
        self.shop_id = shop_id
        self.lock = threading.RLock()
        self.payments: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.receipts: dict[str, Object] = {}
        # What the API would not show: whether the card is to be saved, and how payments with it end.
        self.saves_card: dict[str, bool] = {}
        self.saved: dict[str, str] = {}
        # What becomes of a refund: succeeded, pending or canceled.
        self.refunds_end = "succeeded"
        self._answers: dict[str, tuple[str, Object]] = {}
        self._tell = tell

    def once(self, key: str, path: str, body: Object, make: Callable[[], Object]) -> Object:
        """What `make` gives, or gave under this key. Raises Refused for a missing key or one of another request."""
        if not 1 <= len(key) <= 64:
            raise invalid("Idempotence key is missing or too long", "Idempotence-Key")
        asked = json.dumps([path, body], sort_keys=True)
        with self.lock:
            if key in self._answers:
                known, answer = self._answers[key]
                if known != asked:
                    raise invalid("Idempotence key was used for another request", "Idempotence-Key")
                return answer
            answer = make()
            self._answers[key] = asked, deepcopy(answer)
            return answer

    def create_payment(self, body: Object, page: Callable[[str], str]) -> Object:
        """Raises Refused. `page`: payment id → address of its page."""
        amount = read_amount(body.get("amount"), "amount")
        if body.get("receipt") is not None:
            check_receipt(body["receipt"], amount)
        method = body.get("payment_method_id")
        if method is not None and method not in self.saved:
            raise invalid("Payment method doesn't exist or is not saved", "payment_method_id")
        confirmation = body.get("confirmation") or {}
        if method is None and (confirmation.get("type") != "redirect" or not confirmation.get("return_url")):
            raise invalid("Confirmation with a return_url is needed", "confirmation")
        payment = self._new_payment(body, amount)
        identity = payment["id"]
        if body.get("receipt") is not None:
            self.receipts[identity] = body["receipt"]
            payment["receipt_registration"] = "pending"
        self.payments[identity] = payment
        self.saves_card[identity] = bool(body.get("save_payment_method"))
        if method is None:
            address = {"confirmation_url": page(identity), "return_url": confirmation["return_url"]}
            payment["confirmation"] = {"type": "redirect", **address}
        else:
            self._charge_saved(payment, method)
        return deepcopy(payment)

    def _new_payment(self, body: Object, amount: Decimal) -> Object:
        if len(body.get("description", "")) > 128:
            raise invalid("Description is too long", "description")
        metadata = body.get("metadata") or {}
        if len(metadata) > 16:
            raise invalid("Too many keys in metadata", "metadata")
        return {
            "id": str(uuid4()),
            "status": "pending",
            "paid": False,
            "amount": rubles(amount),
            "recipient": {"account_id": self.shop_id, "gateway_id": "1000001"},
            "description": body.get("description", ""),
            "created_at": moment(),
            "metadata": metadata,
            "refundable": False,
            "test": True,
            "_capture": bool(body.get("capture")),
        }

    def _charge_saved(self, payment: Object, method: str) -> None:
        last4 = self.saved[method]
        payment["payment_method"] = card(method, last4, saved=True)
        if last4 == REFUSED_CARD:
            self._cancel(payment, "payment_network", "insufficient_funds")
        elif last4 != SLOW_CARD:
            self._succeed(payment)

    def pay(self, payment_id: str, *, last4: str = USUAL_CARD) -> Object:
        """The buyer pays on the page, or the bank of a saved card has made up its mind. Raises Refused."""
        with self.lock:
            payment = self.find_payment(payment_id, status="pending")
            if "payment_method" not in payment:
                payment["payment_method"] = card(payment_id, last4, saved=self.saves_card[payment_id])
                if self.saves_card[payment_id]:
                    self.saved[payment_id] = last4
            if payment.pop("_capture"):
                self._succeed(payment)
            else:
                payment |= {"status": "waiting_for_capture", "paid": True, "expires_at": moment(timedelta(days=7))}
                self._tell("payment.waiting_for_capture", payment)
            return payment

    def decline(self, payment_id: str, reason: str = "general_decline", party: str = "payment_network") -> Object:
        """It comes to nothing. Raises Refused."""
        with self.lock:
            payment = self.find_payment(payment_id, status="pending")
            self._cancel(payment, party, reason)
            return payment

    def capture(self, payment_id: str, body: Object) -> Object:
        """waiting_for_capture → succeeded, of the whole or a part. Raises Refused."""
        payment = self.find_payment(payment_id, status="waiting_for_capture")
        if "amount" in body:
            amount = read_amount(body["amount"], "amount")
            if amount > Decimal(payment["amount"]["value"]):
                raise invalid("More than was authorized", "amount.value")
            payment["amount"] = rubles(amount)
        payment.pop("expires_at", None)
        self._succeed(payment)
        return deepcopy(payment)

    def cancel(self, payment_id: str) -> Object:
        """waiting_for_capture → canceled. Raises Refused."""
        payment = self.find_payment(payment_id, status="waiting_for_capture")
        self._cancel(payment, "merchant", "canceled_by_merchant")
        return deepcopy(payment)

    def create_refund(self, body: Object) -> Object:
        """Raises Refused, for more than is left of the payment too."""
        payment = self.find_payment(str(body.get("payment_id", "")), status="succeeded", parameter="payment_id")
        amount = read_amount(body.get("amount"), "amount")
        pending = (one for one in self.refunds.values() if one["status"] == "pending")
        waiting = [Decimal(one["amount"]["value"]) for one in pending if one["payment_id"] == payment["id"]]
        left = Decimal(payment["amount"]["value"]) - Decimal(payment["refunded_amount"]["value"]) - sum(waiting)
        if amount > left:
            raise invalid(f"Refund amount {amount} is more than is left: {left}", "amount")
        if body.get("receipt") is not None:
            check_receipt(body["receipt"], amount)
        refund = {
            "id": str(uuid4()),
            "payment_id": payment["id"],
            "status": "pending",
            "created_at": moment(),
            "amount": rubles(amount),
            "description": body.get("description", ""),
        }
        self.refunds[refund["id"]] = refund
        if body.get("receipt") is not None:
            self.receipts[refund["id"]] = body["receipt"]
        if self.refunds_end != "pending":
            self.settle_refund(refund["id"], self.refunds_end)
        return deepcopy(refund)

    def settle_refund(self, refund_id: str, status: str = "succeeded") -> Object:
        """pending → succeeded or canceled. Raises Refused."""
        with self.lock:
            refund = self.find_refund(refund_id)
            if refund["status"] != "pending":
                raise invalid("The refund is settled", "refund_id")
            refund["status"] = status
            if status == "canceled":
                refund["cancellation_details"] = {"party": "yoo_money", "reason": "insufficient_funds"}
                return refund
            payment = self.payments[refund["payment_id"]]
            refunded = Decimal(payment["refunded_amount"]["value"]) + Decimal(refund["amount"]["value"])
            payment["refunded_amount"] = rubles(refunded)
            payment["refundable"] = refunded < Decimal(payment["amount"]["value"])
            self._tell("refund.succeeded", refund)
            return refund

    def find_payment(self, payment_id: str, *, status: str = "", parameter: str = "payment_id") -> Object:
        """Raises Refused."""
        if payment_id not in self.payments:
            raise not_found("Payment doesn't exist", parameter)
        payment = self.payments[payment_id]
        if status and payment["status"] != status:
            raise invalid(f"Incorrect payment status: {payment['status']}", "status")
        return payment

    def find_refund(self, refund_id: str) -> Object:
        """Raises Refused."""
        if refund_id not in self.refunds:
            raise not_found("Refund doesn't exist", "refund_id")
        return self.refunds[refund_id]

    def _succeed(self, payment: Object) -> None:
        amount = Decimal(payment["amount"]["value"])
        payment |= {
            "status": "succeeded",
            "paid": True,
            "captured_at": moment(),
            "income_amount": rubles(amount * KEPT),
            "refunded_amount": rubles(Decimal(0)),
            "refundable": True,
        }
        if "receipt_registration" in payment:
            payment["receipt_registration"] = "succeeded"
        self._tell("payment.succeeded", payment)

    def _cancel(self, payment: Object, party: str, reason: str) -> None:
        payment |= {"status": "canceled", "paid": False, "cancellation_details": {"party": party, "reason": reason}}
        self._tell("payment.canceled", payment)


def shown(thing: Mapping[str, Any]) -> Object:
    """An object as the API shows it: a payment that is over has no page any more."""
    found = {name: value for name, value in thing.items() if not name.startswith("_")}
    if found["status"] != "pending":
        found.pop("confirmation", None)
    return deepcopy(found)


def card(method: str, last4: str, *, saved: bool) -> Object:
    """A payment method."""
    return {
        "type": "bank_card",
        "id": method,
        "saved": saved,
        "status": "active" if saved else "inactive",
        "title": f"Bank card *{last4}",
        "card": {
            "first6": "555555",
            "last4": last4,
            "expiry_year": "2030",
            "expiry_month": "12",
            "card_type": "MasterCard",
        },
    }


def rubles(amount: Decimal) -> Object:
    """An amount in the shape of the API."""
    return {"value": str(amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)), "currency": "RUB"}


def moment(ahead: timedelta = timedelta()) -> str:
    """Now, or later, as the API writes it."""
    return f"{(datetime.now(UTC) + ahead):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
