"""The stand-in over HTTP on loopback. `YooKassa` is what tests hold; `/control/…` is the same for other processes."""

import json
import threading
from base64 import b64encode
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.standins.yookassa.page import checkout_page
from tests.standins.yookassa.problems import Refused, invalid, not_found
from tests.standins.yookassa.shop import Object, Shop, shown

# What the next calls of the API meet: the first three before anything is done, the others after it was done.
ERROR, BUSY, GARBAGE = "error", "busy", "garbage"
LOST, ERROR_AFTER = "lost", "error_after"
FAULTS: Final = (ERROR, BUSY, GARBAGE, LOST, ERROR_AFTER)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API as it was answered; `status` 0 for an answer that never came."""

    method: str
    path: str
    key: str
    body: Object
    status: int


class YooKassa:
    """A running stand-in. `shop` holds what exists, `calls` what was asked, `told` what was notified with the answer.

    `webhook_url`: where notifications go, "" for nowhere. `notified_amount`: a wrong amount to tell there, "" for the
    right one. Use it as a context manager, or `start` and `stop`.
    """

    def __init__(self, *, port: int = 0, shop_id: str = "100500", secret_key: str = "test_secret") -> None:
        self.shop_id, self.secret_key = shop_id, secret_key
        self.reset()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.standin = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The address of the API."""
        return f"{self.origin}/v3"

    def start(self) -> Self:
        """Answers from now on."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ends its thread."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def reset(self) -> None:
        """As new; the address stays."""
        self.webhook_url = self.notified_amount = ""
        self.calls: list[Call] = []
        self.told: list[tuple[str, str, int]] = []
        self.faults: deque[str] = deque()
        self.pending_news: list[tuple[str, Object]] = []
        self.shop = Shop(
            shop_id=self.shop_id, tell=lambda event, thing: self.pending_news.append((event, shown(thing)))
        )

    def fail(self, fault: str, times: int = 1) -> None:
        """The next calls of the API meet one of FAULTS."""
        assert fault in FAULTS, fault
        self.faults.extend([fault] * times)

    def pay(self, payment_id: str, last4: str = "4444") -> Object:
        """The buyer pays. Raises Refused."""
        return self._then_tell(lambda: self.shop.pay(payment_id, last4=last4))

    def decline(self, payment_id: str, reason: str = "general_decline") -> Object:
        """The payment comes to nothing. Raises Refused."""
        return self._then_tell(lambda: self.shop.decline(payment_id, reason))

    def settle_refund(self, refund_id: str, status: str = "succeeded") -> Object:
        """A refund that waited is settled. Raises Refused."""
        return self._then_tell(lambda: self.shop.settle_refund(refund_id, status))

    def notification(self, event: str, thing: Object) -> Object:
        """The body of a notification."""
        if self.notified_amount:
            thing = {**thing, "amount": {**thing["amount"], "value": self.notified_amount}}
        return {"type": "notification", "event": event, "object": thing}

    def tell_again(self, payment_id: str) -> None:
        """Notifies of a payment as it is now, once more."""
        payment = self.shop.find_payment(payment_id)
        self.pending_news.append((f"payment.{payment['status']}", shown(payment)))
        self.tell_news()

    def tell_news(self) -> None:
        """Sends the notifications that wait. Nothing is locked meanwhile: who is told may ask back."""
        news, self.pending_news = self.pending_news, []
        for event, thing in news:
            status = 0
            if self.webhook_url:
                try:
                    status = httpx.post(self.webhook_url, json=self.notification(event, thing), timeout=10).status_code
                except httpx.HTTPError:
                    status = -1
            self.told.append((event, thing["id"], status))

    def _then_tell(self, do: Callable[[], Object]) -> Object:
        found = shown(do())
        self.tell_news()
        return found


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    standin: YooKassa


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        address = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if address.path.startswith("/checkout/"):
            self._checkout(address.path.removeprefix("/checkout/"), parse_qs(raw.decode()))
        elif address.path.startswith("/control/"):
            self._control(address.path.removeprefix("/control/"), json.loads(raw or b"{}"))
        else:
            self._api(address.path.removeprefix("/v3"), parse_qs(address.query), raw)

    def _api(self, path: str, query: dict[str, list[str]], raw: bytes) -> None:
        standin = self.server.standin
        fault = standin.faults.popleft() if standin.faults else ""
        key, body = self.headers.get("Idempotence-Key", ""), _read_object(raw)
        try:
            if fault in (ERROR, BUSY):
                busy, broken = (429, "too_many_requests"), (500, "internal_server_error")
                raise Refused(*(busy if fault == BUSY else broken), "Try later")
            self._check_login()
            status, answer = 200, self._do(path, query, key, body) if fault != GARBAGE else {}
        except Refused as refused:
            status, answer = refused.status, refused.body
        if fault == ERROR_AFTER:
            status, answer = 500, Refused(500, "internal_server_error", "Try later").body
        standin.calls.append(Call(self.command, path, key, body, 0 if fault == LOST else status))
        if fault == LOST:
            self.close_connection = True
        elif fault == GARBAGE:
            self._send(200, b"<html>Bad gateway</html>", "text/html")
        else:
            self._send_object(status, answer)
        standin.tell_news()

    def _check_login(self) -> None:
        standin = self.server.standin
        expected = b64encode(f"{standin.shop_id}:{standin.secret_key}".encode()).decode()
        if self.headers.get("Authorization", "") != f"Basic {expected}":
            raise Refused(401, "invalid_credentials", "Basic authentication failed", "Authorization")

    def _do(self, path: str, query: dict[str, list[str]], key: str, body: Object) -> Object:
        shop, parts = self.server.standin.shop, path.strip("/").split("/")
        match self.command, parts:
            case "GET", ["me"]:
                return {"account_id": shop.shop_id, "test": True, "status": "enabled", "fiscalization_enabled": True}
            case "GET", ["payments", payment_id]:
                with shop.lock:
                    return shown(shop.find_payment(payment_id))
            case "GET", ["refunds", refund_id]:
                with shop.lock:
                    return shown(shop.find_refund(refund_id))
            case "GET", [("payments" | "refunds") as name]:
                return self._list(name, query)
            case "POST", _:
                return shown(shop.once(key, path, body, lambda: self._write(parts, body)))
        raise not_found("No such method", "path")

    def _write(self, parts: list[str], body: Object) -> Object:
        shop = self.server.standin.shop
        match parts:
            case ["payments"]:
                return shop.create_payment(body, lambda found: f"{self.server.standin.origin}/checkout/{found}")
            case ["payments", payment_id, "capture"]:
                return shop.capture(payment_id, body)
            case ["payments", payment_id, "cancel"]:
                return shop.cancel(payment_id)
            case ["refunds"]:
                return shop.create_refund(body)
        raise not_found("No such method", "path")

    def _list(self, name: str, query: dict[str, list[str]]) -> Object:
        shop = self.server.standin.shop
        with shop.lock:
            things = list((shop.payments if name == "payments" else shop.refunds).values())
        wanted = {key: found[0] for key, found in query.items() if key in ("status", "payment_id")}
        items = [shown(one) for one in things if all(one.get(key) == value for key, value in wanted.items())]
        return {"type": "list", "items": items[::-1]}

    def _checkout(self, payment_id: str, form: dict[str, list[str]]) -> None:
        standin = self.server.standin
        try:
            payment = standin.shop.find_payment(payment_id)
            if self.command == "GET":
                self._send(200, checkout_page(payment).encode(), "text/html; charset=utf-8")
                return
            back = payment["confirmation"]["return_url"]
            if form.get("do") == ["pay"]:
                standin.pay(payment_id, form.get("last4", ["4444"])[0])
            else:
                standin.decline(payment_id)
        except Refused as refused:
            self._send_object(refused.status, refused.body)
            return
        self._send(302, b"", "text/plain", Location=back)

    def _control(self, what: str, body: Object) -> None:
        try:
            self._send_object(200, _control(self.server.standin, what, body))
        except Refused as refused:
            self._send_object(refused.status, refused.body)

    def _send_object(self, status: int, answer: Object) -> None:
        self._send(status, json.dumps(answer, ensure_ascii=False).encode(), "application/json")

    def _send(self, status: int, content: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def _read_object(raw: bytes) -> Object:
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        return {"_": "not JSON"}
    return body if isinstance(body, dict) else {"_": "not an object"}


def _control(standin: YooKassa, what: str, body: Object) -> Object:
    """pay {id, last4}, decline {id, reason}, refund {id, status}, tell {id}, fail {fault, times}, set {…}, state."""
    match what:
        case "pay":
            return standin.pay(body["id"], body.get("last4", "4444"))
        case "decline":
            return standin.decline(body["id"], body.get("reason", "general_decline"))
        case "refund":
            return standin.settle_refund(body["id"], body.get("status", "succeeded"))
        case "tell":
            standin.tell_again(body["id"])
        case "fail":
            standin.fail(body["fault"], body.get("times", 1))
        case "set":
            standin.webhook_url = body.get("webhook_url", standin.webhook_url)
            standin.notified_amount = body.get("notified_amount", standin.notified_amount)
            standin.shop.refunds_end = body.get("refunds_end", standin.shop.refunds_end)
        case "reset":
            standin.reset()
        case other if other != "state":
            raise invalid("No such control", "path")
    return {
        "payments": [shown(one) for one in standin.shop.payments.values()],
        "refunds": [shown(one) for one in standin.shop.refunds.values()],
        "receipts": standin.shop.receipts,
        "calls": [asdict(call) for call in standin.calls],
        "told": standin.told,
    }
