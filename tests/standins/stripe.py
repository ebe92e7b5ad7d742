"""A stand-in for Stripe's API, as far as the portal uses it: Checkout Sessions, PaymentIntents, Refunds, webhooks.

`python -m tests.standins.stripe --port 8420 --webhook http://…/hooks/stripe/TOKEN/` runs it by itself. Cards are told
apart by their last digits: 0002 is declined, 9995 has no money, 3220 wants the client, anything else pays.
"""

import argparse
import hashlib
import hmac
import json
import threading
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SECRET_KEY, WEBHOOK_SECRET = "sk_test_standin", "whsec_standin"
DECLINED = {"0002": "generic_decline", "9995": "insufficient_funds", "3220": "authentication_required"}
PAGE = """<!doctype html><meta charset=utf-8><title>Checkout</title><h1>{amount}</h1><p>{words}</p>
<form method=post action="/pay/{id}"><input name=card value=4242 aria-label=Card><button name=do value=pay>Pay</button>
<button name=do value=cancel>Cancel</button></form>"""


class Refused(Exception):
    """An error answer: HTTP status and Stripe's error object."""

    def __init__(self, status: int, **error: Any) -> None:
        super().__init__(error)
        self.status, self.error = status, error


@dataclass
class StripeAccount:
    """Everything that Stripe would know; calls are counted by "METHOD /path/of/kind"."""

    webhook_url: str = ""
    fee_percent: float = 2.0
    calls: Counter[str] = field(default_factory=Counter)
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    # What goes wrong with the next calls: "500", "400", "401", "drop" (done, but the answer is lost).
    faults: list[str] = field(default_factory=list)
    refunds_are_pending: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)
    base: str = ""
    _number: int = 0

    def new(self, prefix: str, **values: Any) -> dict[str, Any]:
        self._number += 1
        made = {"id": f"{prefix}_test_{self._number}", "livemode": False, **values}
        self.objects[made["id"]] = made
        return made

    def of_kind(self, prefix: str) -> list[dict[str, Any]]:
        """Objects whose id begins so, oldest first."""
        return [each for name, each in self.objects.items() if name.startswith(f"{prefix}_")]

    def pay(self, session_id: str, *, card: str = "4242", amount: int | None = None) -> str:
        """The client pays on the page; returns where the page sends them. `amount` overrides what is charged.

        Of a whole card number only the last four digits count.
        """
        card = card[-4:]
        with self.lock:
            session = self.objects[session_id]
            intent = self.objects.get(session["payment_intent"] or "") or self._intent_of(session)
            session["payment_intent"] = intent["id"]
            if card in DECLINED:
                intent["last_payment_error"] = {"code": "card_declined", "decline_code": DECLINED[card]}
                intent["status"] = "requires_payment_method"
                self.tell("payment_intent.payment_failed", intent)
                return ""
            self._succeed(intent, card=card, amount=amount)
            session.update(status="complete", payment_status="paid", amount_total=amount or session["amount_total"])
        self.tell("payment_intent.succeeded", intent)
        self.tell("checkout.session.completed", {**session, "payment_intent": intent["id"]})
        return str(session["success_url"])

    def _intent_of(self, session: dict[str, Any]) -> dict[str, Any]:
        asked = session["payment_intent_data"]
        return self.new(
            "pi",
            object="payment_intent",
            amount=session["amount_total"],
            currency=session["currency"],
            status="requires_payment_method",
            customer=session.get("customer"),
            metadata=asked.get("metadata", {}),
            setup_future_usage=asked.get("setup_future_usage"),
            payment_method=None,
            latest_charge=None,
            last_payment_error=None,
            amount_received=0,
        )

    def _succeed(self, intent: dict[str, Any], *, card: str, amount: int | None = None) -> None:
        paid = intent["amount"] if amount is None else amount
        method = (
            intent["payment_method"]
            or self.new(
                "pm", object="payment_method", card={"brand": "visa", "last4": card, "exp_month": 12, "exp_year": 2031}
            )["id"]
        )
        entry = {"fee": int(paid * self.fee_percent / 100), "currency": intent["currency"]}
        charge = self.new("ch", object="charge", balance_transaction=entry, amount=paid)
        intent.update(
            status="succeeded", amount=paid, amount_received=paid, latest_charge=charge["id"], payment_method=method
        )

    def tell(self, name: str, about: dict[str, Any], *, event_id: str = "") -> int:
        """Sends a signed event; 0 where nobody listens."""
        if not self.webhook_url:
            return 0
        body = self.event(name, about, event_id=event_id)
        request = urllib.request.Request(self.webhook_url, body, {"Content-Type": "application/json", **sign(body)})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except OSError:
            return 0

    def event(self, name: str, about: dict[str, Any], *, event_id: str = "") -> bytes:
        """The body of an event about an object as it is now."""
        with self.lock:
            self._number += 1
            number = event_id or f"evt_test_{self._number}"
        return json.dumps(
            {"id": number, "object": "event", "type": name, "livemode": False, "data": {"object": about}}
        ).encode()


def sign(body: bytes, *, secret: str = WEBHOOK_SECRET, at: int | None = None) -> dict[str, str]:
    """The header of a signed event."""
    moment = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={moment},v1={digest}"}


class Handler(BaseHTTPRequestHandler):
    account: StripeAccount
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.startswith("/pay/"):
            session = self.account.objects[self.path.removeprefix("/pay/")]
            amount = f"{session['amount_total'] / 100:.2f} {session['currency'].upper()}"
            page = PAGE.format(id=session["id"], amount=amount, words=escape(session["description"]))
            self._send(200, page.encode(), "text/html; charset=utf-8")
            return
        self._api("GET", {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if not self.path.startswith("/pay/"):
            self._api("POST", unflatten(body))
            return
        session = self.account.objects[self.path.removeprefix("/pay/")]
        answered = dict(parse_qsl(body))
        target = session["cancel_url"]
        if answered.get("do") == "pay":
            target = self.account.pay(session["id"], card=answered.get("card", "4242")) or self.path
        self.send_response(303)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _api(self, method: str, params: dict[str, Any]) -> None:
        fault = self.account.faults.pop(0) if self.account.faults else ""
        if self.headers.get("Authorization") != f"Bearer {SECRET_KEY}" or fault == "401":
            self._json(401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}})
            return
        if fault == "500":
            self._json(500, {"error": {"type": "api_error", "message": "Something went wrong"}})
            return
        if fault == "400":
            self._json(
                400, {"error": {"type": "invalid_request_error", "code": "amount_too_small", "message": "too small"}}
            )
            return
        status, answer = self._answer(method, params)
        if fault == "drop":
            self.close_connection = True
            self.connection.close()
            return
        self._json(status, answer)

    def _answer(self, method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        account, key = self.account, self.headers.get("Idempotency-Key", "") if method == "POST" else ""
        path = urlsplit(self.path)
        with account.lock:
            if key and key in account.keys:
                return account.keys[key]
            params = params or unflatten(path.query)
            try:
                answer = 200, self._do(method, path.path.removeprefix("/v1/").split("/"), params)
            except Refused as refused:
                answer = refused.status, {"error": refused.error}
            if key:
                account.keys[key] = answer
        return answer

    def _do(self, method: str, parts: list[str], params: dict[str, Any]) -> dict[str, Any]:
        account = self.account
        account.calls[f"{method} {'/'.join(part for part in parts if '_test_' not in part)}"] += 1
        match (method, *parts):
            case ("GET", "balance"):
                return {"object": "balance", "livemode": False}
            case ("POST", "customers"):
                return account.new("cus", object="customer", **params)
            case ("POST", "checkout", "sessions"):
                return self._session(params)
            case ("POST", "checkout", "sessions", session_id, "expire"):
                return self._expire(self._find(session_id))
            case ("POST", "payment_intents"):
                return self._charge(params)
            case ("POST", "refunds"):
                return self._refund(params)
            case ("GET", *_, object_id):
                return self._expanded(self._find(object_id))
        raise Refused(404, type="invalid_request_error", message="Unrecognized request URL")

    def _find(self, object_id: str) -> dict[str, Any]:
        found = self.account.objects.get(object_id)
        if found is None:
            raise Refused(404, type="invalid_request_error", code="resource_missing", message=f"No such {object_id}")
        return found

    def _session(self, params: dict[str, Any]) -> dict[str, Any]:
        line = params["line_items"]["0"]["price_data"]
        session = self.account.new(
            "cs",
            object="checkout.session",
            amount_total=int(line["unit_amount"]),
            currency=line["currency"],
            status="open",
            payment_status="unpaid",
            payment_intent=None,
            description=line["product_data"]["name"],
            expires_at=int(time.time()) + 86_400,
            **{name: params[name] for name in ("success_url", "cancel_url", "client_reference_id", "metadata")},
            payment_intent_data=params["payment_intent_data"],
            customer=params.get("customer"),
        )
        session["url"] = f"{self.account.base}/pay/{session['id']}"
        return session

    def _expire(self, session: dict[str, Any]) -> dict[str, Any]:
        if session["status"] != "open":
            raise Refused(400, type="invalid_request_error", message="Only open Sessions can be expired.")
        session["status"] = "expired"
        return session

    def _charge(self, params: dict[str, Any]) -> dict[str, Any]:
        method = self._find(params["payment_method"])
        intent = self.account.new(
            "pi",
            object="payment_intent",
            amount=int(params["amount"]),
            currency=params["currency"],
            customer=params.get("customer"),
            metadata=params.get("metadata", {}),
            payment_method=method["id"],
            status="requires_payment_method",
            latest_charge=None,
            last_payment_error=None,
            amount_received=0,
            setup_future_usage=None,
        )
        last4 = method["card"]["last4"]
        if last4 in DECLINED:
            raise Refused(
                402,
                type="card_error",
                code="card_declined",
                decline_code=DECLINED[last4],
                message="Your card was declined.",
                payment_intent=intent,
            )
        self.account._succeed(intent, card=last4)
        return self._expanded(intent)

    def _refund(self, params: dict[str, Any]) -> dict[str, Any]:
        intent = self._find(params["payment_intent"])
        done = sum(each["amount"] for each in self.account.of_kind("re") if each["payment_intent"] == intent["id"])
        if done + int(params["amount"]) > intent["amount_received"]:
            words = "Refund amount is greater than unrefunded amount on charge."
            raise Refused(400, type="invalid_request_error", code="charge_already_refunded", message=words)
        return self.account.new(
            "re",
            object="refund",
            amount=int(params["amount"]),
            payment_intent=intent["id"],
            metadata=params.get("metadata", {}),
            status="pending" if self.account.refunds_are_pending else "succeeded",
        )

    def _expanded(self, found: dict[str, Any]) -> dict[str, Any]:
        """With everything in place that the portal may ask to be expanded."""
        objects = self.account.objects
        return {
            name: self._expanded(objects[value])
            if name in ("payment_intent", "payment_method", "latest_charge") and value in objects
            else value
            for name, value in found.items()
            if name != "payment_intent_data"
        }

    def _json(self, status: int, answer: dict[str, Any]) -> None:
        self._send(status, json.dumps(answer).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def unflatten(text: str) -> dict[str, Any]:
    """Stripe's form encoding (`a[b][0]=c`) as nested dictionaries."""
    result: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *parents, last = name.replace("]", "").split("[")
        place = result
        for part in parents:
            place = place.setdefault(part, {})
        place[last] = value
    return result


class StripeStandIn:
    """The server with its account: `with StripeStandIn() as stripe: stripe.url`."""

    def __init__(self, *, port: int = 0) -> None:
        self.account = StripeAccount()
        handler = type("BoundHandler", (Handler,), {"account": self.account})
        self.server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.url = self.account.base = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> "StripeStandIn":
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8420)
    parser.add_argument("--webhook", default="", help="where events are sent")
    options = parser.parse_args()
    standin = StripeStandIn(port=options.port)
    standin.account.webhook_url = options.webhook
    standin.server.serve_forever()


if __name__ == "__main__":
    main()
