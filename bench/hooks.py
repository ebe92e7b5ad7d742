"""A storm of notifications of a gateway: how many a second the portal takes, and what its pages lose meanwhile."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from bench.pages import ask, run_servers
from bench.visitor import Page
from billing.actions.gateways.setup import ensure_gateways, save_gateway
from billing.gateways.stripe import Stripe
from billing.models import GatewayEvent, PaymentGateway
from billing.queries.clock import database_now

SECRET = "whsec_bench"
# A thousand a minute.
STORM_A_SECOND = 1000 / 60


def time_storm(environment: Mapping[str, str], logs: Path, *, seconds: float) -> Iterator[Mapping[str, Any]]:
    """The front page alone, then while a thousand notifications a minute come; then as many of these as it takes."""
    gateway = _set_up()
    with run_servers(environment, logs) as (ports, _running):
        address = f"http://127.0.0.1:{ports['config']}/hooks/{gateway.code}/{gateway.hook_token}/"
        request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{ports['config']}\r\n\r\n"
        page = Page("front", ports["config"], request)
        ask(page, connections=1, seconds=1)
        alone = ask(page, connections=1, seconds=seconds)
        with _Storm(address) as storm:
            stormed = ask(page, connections=1, seconds=seconds)
        yield {
            "notifications_a_minute": 1000,
            "taken": storm.taken,
            "page_p50_ms": round(stormed["p50_ms"], 1),
            "page_p95_ms": round(stormed["p95_ms"], 1),
            "alone_p50_ms": round(alone["p50_ms"], 1),
            "alone_p95_ms": round(alone["p95_ms"], 1),
            "times_alone": round(stormed["p95_ms"] / alone["p95_ms"], 2),
        }
        started = time.perf_counter()
        taken = _as_many_as_possible(address, seconds=seconds)
        yield {"most_a_second": round(taken / (time.perf_counter() - started)), "kept": GatewayEvent.objects.count()}


def _set_up() -> PaymentGateway:
    ensure_gateways()
    return save_gateway(
        gateway=PaymentGateway.objects.get(code=Stripe.code),
        values={"is_active": True},
        terms={},
        keys={"secret_key": "sk_test_bench", "webhook_secret": SECRET},
        actor="bench",
        now=database_now(),
    )


class _Storm:
    """Sends distinct notifications at their pace until it is left; `taken` counts those that were answered with 200."""

    def __init__(self, address: str) -> None:
        self.address, self.taken, self._ends = address, 0, threading.Event()
        self._thread = threading.Thread(target=self._blow)

    def __enter__(self) -> "_Storm":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ends.set()
        self._thread.join()

    def _blow(self) -> None:
        with httpx.Client() as client:
            number = 0
            begun = time.perf_counter()
            while not self._ends.wait(max(begun + number / STORM_A_SECOND - time.perf_counter(), 0)):
                self.taken += _send(client, self.address, f"storm-{number}")
                number += 1


def _as_many_as_possible(address: str, *, seconds: float) -> int:
    ends, taken = time.perf_counter() + seconds, 0
    with httpx.Client() as client:
        while time.perf_counter() < ends:
            taken += _send(client, address, f"most-{taken}")
    return taken


def _send(client: httpx.Client, address: str, number: str) -> int:
    about = {"id": f"pi_{number}", "object": "payment_intent", "amount": 500, "currency": "eur", "metadata": {}}
    event = {"id": f"evt_{number}", "object": "event", "type": "payment_intent.succeeded", "data": {"object": about}}
    body = json.dumps({**event, "livemode": False}).encode()
    return int(client.post(address, content=body, headers=_signature(body)).status_code == 200)


def _signature(body: bytes) -> dict[str, str]:
    moment = int(time.time())
    digest = hmac.new(SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={moment},v1={digest}", "Content-Type": "application/json"}
