"""The stand-in answers as the public description of the API says."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.standins.yookassa import YooKassa

RECEIPT = {
    "customer": {"email": "anna@example.com"},
    "items": [
        {
            "description": "License",
            "quantity": "2.00",
            "amount": {"value": "50.00", "currency": "RUB"},
            "vat_code": 1,
            "payment_mode": "full_prepayment",
            "payment_subject": "service",
        }
    ],
}


@pytest.fixture
def standin() -> Iterator[YooKassa]:
    with YooKassa() as running:
        yield running


def call(standin: YooKassa, path: str, body: Any = None, *, key: str | None = None, secret: str = "") -> httpx.Response:
    login = (standin.shop_id, secret or standin.secret_key)
    if body is None:
        return httpx.get(standin.url + path, auth=login)
    headers = {"Idempotence-Key": str(uuid4()) if key is None else key}
    return httpx.post(standin.url + path, json=body, headers=headers, auth=login)


def asked(amount: str = "100.00", **more: Any) -> dict[str, Any]:
    return {
        "amount": {"value": amount, "currency": "RUB"},
        "capture": True,
        "confirmation": {"type": "redirect", "return_url": "http://127.0.0.1/back"},
        "metadata": {"invoice": "7"},
        **more,
    }


def test_a_payment_is_paid_on_its_page_and_told(standin: YooKassa) -> None:
    heard: list[bytes] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    ear = HTTPServer(("127.0.0.1", 0), Ear)
    Thread(target=ear.serve_forever, args=(0.05,), daemon=True).start()
    standin.webhook_url = f"http://127.0.0.1:{ear.server_address[1]}/"
    payment = call(standin, "/payments", asked(receipt=RECEIPT, save_payment_method=True)).json()
    assert (payment["status"], payment["paid"], payment["metadata"]) == ("pending", False, {"invoice": "7"})
    page = payment["confirmation"]["confirmation_url"]
    assert "Оплатить" in httpx.get(page).text
    answer = httpx.post(page, data={"do": "pay", "last4": "1111"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://127.0.0.1/back")
    paid = call(standin, f"/payments/{payment['id']}").json()
    assert (paid["status"], paid["income_amount"]["value"]) == ("succeeded", "96.50")
    assert paid["payment_method"]["saved"] is True
    assert "confirmation" not in paid
    assert standin.told == [("payment.succeeded", payment["id"], 200)]
    assert b'"event":"payment.succeeded"' in heard[0].replace(b'": ', b'":')
    ear.shutdown()
    ear.server_close()


def test_a_key_makes_one_payment(standin: YooKassa) -> None:
    first, again = (call(standin, "/payments", asked(), key="k").json() for _ in range(2))
    assert first == again
    assert len(standin.shop.payments) == 1
    other = call(standin, "/payments", asked("5.00"), key="k")
    assert (other.status_code, other.json()["parameter"]) == (400, "Idempotence-Key")
    assert call(standin, "/payments", asked(), key="").status_code == 400


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        (asked("0.00"), "amount.value"),
        (asked("1.001"), "amount.value"),
        (asked("99.00", receipt=RECEIPT), "receipt"),
        (asked(receipt={**RECEIPT, "customer": {}}), "receipt.customer"),
        (asked(receipt={**RECEIPT, "items": [{**RECEIPT["items"][0], "vat_code": 13}]}), "receipt.items[0].vat_code"),
        (asked(payment_method_id="x"), "payment_method_id"),
        (asked(confirmation=None), "confirmation"),
    ],
)
def test_a_wrong_request_is_refused(standin: YooKassa, body: dict[str, Any], parameter: str) -> None:
    answer = call(standin, "/payments", body)
    assert (answer.status_code, answer.json()["code"], answer.json()["parameter"]) == (
        400,
        "invalid_request",
        parameter,
    )
    assert standin.shop.payments == {}


def test_a_wrong_secret_and_unknown_payments(standin: YooKassa) -> None:
    assert call(standin, "/me").json()["account_id"] == "100500"
    assert call(standin, "/me", secret="x").status_code == 401
    assert call(standin, "/payments/x").status_code == 404


@pytest.mark.parametrize(("last4", "status"), [("4444", "succeeded"), ("0002", "canceled"), ("0003", "pending")])
def test_a_saved_card_pays_by_itself_or_not(standin: YooKassa, last4: str, status: str) -> None:
    payment = call(standin, "/payments", asked(save_payment_method=True)).json()
    method = standin.pay(payment["id"], last4)["payment_method"]["id"]
    later = call(standin, "/payments", asked(payment_method_id=method, confirmation=None)).json()
    assert later["status"] == status
    if status == "canceled":
        assert later["cancellation_details"]["reason"] == "insufficient_funds"
    if status == "pending":
        assert standin.pay(later["id"])["status"] == "succeeded"


def test_two_stages(standin: YooKassa) -> None:
    payment = call(standin, "/payments", asked(capture=False)).json()
    assert standin.pay(payment["id"])["status"] == "waiting_for_capture"
    assert call(standin, f"/payments/{payment['id']}/capture", {}).json()["status"] == "succeeded"
    assert call(standin, f"/payments/{payment['id']}/cancel", {}).status_code == 400


def test_refunds(standin: YooKassa) -> None:
    payment = call(standin, "/payments", asked()).json()["id"]
    refund = {"payment_id": payment, "amount": {"value": "60.00", "currency": "RUB"}}
    assert call(standin, "/refunds", refund).status_code == 400  # not paid yet
    standin.pay(payment)
    standin.shop.refunds_end = "pending"
    made = call(standin, "/refunds", refund, key="r").json()
    assert (made["status"], call(standin, "/refunds", refund, key="r").json()["id"]) == ("pending", made["id"])
    assert call(standin, "/refunds", refund).status_code == 400  # more than is left
    standin.settle_refund(made["id"])
    assert call(standin, f"/refunds/{made['id']}").json()["status"] == "succeeded"
    assert call(standin, f"/payments/{payment}").json()["refunded_amount"]["value"] == "60.00"
    assert [event for event, _id, _status in standin.told] == ["payment.succeeded", "refund.succeeded"]


def test_faults(standin: YooKassa) -> None:
    standin.fail("busy")
    assert call(standin, "/payments", asked(), key="k").status_code == 429
    standin.fail("error")
    assert call(standin, "/payments", asked(), key="k").status_code == 500
    standin.fail("garbage")
    assert "html" in call(standin, "/payments", asked(), key="k").text
    assert standin.shop.payments == {}
    standin.fail("lost")
    with pytest.raises(httpx.RemoteProtocolError):
        call(standin, "/payments", asked(), key="k")
    assert len(standin.shop.payments) == 1
    standin.fail("error_after")
    assert call(standin, "/payments", asked(), key="k2").status_code == 500
    assert call(standin, "/payments", asked(), key="k").status_code == 200
    assert (len(standin.shop.payments), len({one.key for one in standin.calls})) == (2, 2)
    assert [one.status for one in standin.calls] == [429, 500, 200, 0, 500, 200]


def test_another_process_controls_it(standin: YooKassa) -> None:
    payment = call(standin, "/payments", asked()).json()["id"]
    control = f"{standin.origin}/control"
    httpx.post(f"{control}/set", json={"refunds_end": "pending", "notified_amount": "1.00"})
    assert standin.shop.refunds_end == "pending"
    assert (
        httpx.post(f"{control}/decline", json={"id": payment, "reason": "card_expired"}).json()["status"] == "canceled"
    )
    state = httpx.post(f"{control}/state").json()
    assert (len(state["payments"]), state["told"][0][0]) == (1, "payment.canceled")
    assert standin.notification("x", {"amount": {"value": "2.00"}})["object"]["amount"]["value"] == "1.00"
