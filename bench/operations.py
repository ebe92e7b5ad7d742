"""Purchases from the paid order to the active service, by real workers, against the sandbox partner."""

import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from bench.workers import wait_until
from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.ordering import place_order
from billing.actions.payments import record_payment
from billing.models import Client, Operation, OperationAttempt, Order
from billing.queries.clock import database_now
from catalog.models import Product
from demo.processes import Processes
from demo.sides import Partner
from noc.models import CallLog

LIVE_ORDERS = 20
_numbers = count(1)


@dataclass(frozen=True)
class Shop:
    """What is sold, to whom, and the partner behind it."""

    client: Client
    product: Product
    partner: Partner


def order(shop: Shop) -> Order:
    """An unpaid order on an address of its own."""
    number = next(_numbers)
    fields = {"ip": f"10.{number // 65536}.{number // 256 % 256}.{number % 256}", "licname": f"bench-{number}"}
    return place_order(
        checkout=Checkout(
            client=shop.client,
            items=[ItemRequest(shop.product, "MONTHLY", 1, fields)],
            payment_method="bank_transfer",
            key=f"bench-{number}",
        ),
        actor="bench",
        now=database_now(),
    )


def pay(placed: Order) -> None:
    """The whole invoice."""
    record_payment(
        invoice=placed.invoice,
        gateway="bank_transfer",
        reference=placed.number,
        amount=placed.total,
        actor="bench",
        now=database_now(),
    )


def pile_up(shop: Shop, *, count: int, latency_ms: int) -> int:
    """Paid orders that wait for workers; returns the newest operation that is not one of them."""
    shop.partner.post("options", latency_ms=latency_ms)
    latest = Operation.objects.order_by("-id").values_list("pk", flat=True).first() or 0
    for placed in [order(shop) for _number in range(count)]:
        pay(placed)
    return latest


def time_backlog(shop: Shop, workers: Processes, *, after: int, latency_ms: int) -> Mapping[str, Any]:
    """How many of the pile a second are bought, from the first claim to the last active service."""
    calls_before = CallLog.objects.count()
    ours = Operation.objects.filter(pk__gt=after)
    count = ours.count()
    wait_until(workers, lambda: not ours.unsettled().exists())
    done = ours.filter(status="DONE", kind="CREATE").order_by("finished_at")
    if done.count() != count:
        raise RuntimeError(f"Not every purchase is done: {list(ours.values('status', 'message'))[:5]}")
    started_at = OperationAttempt.objects.filter(operation__in=ours).order_by("started_at")[0].started_at
    finished_at = done.reverse()[0].finished_at or started_at
    return {
        "latency_ms": latency_ms,
        "operations": count,
        # Each purchase reads the account's whole list first: what is there already sets the pace.
        "licenses_there": len(shop.partner.memory().state["items"]),
        "per_second": round(count / (finished_at - started_at).total_seconds(), 1),
        "calls_per_operation": round((CallLog.objects.count() - calls_before) / count, 2),
    }


def time_single(shop: Shop, workers: Processes, *, latency_ms: int) -> Mapping[str, Any]:
    """One order at a time with idle workers: how long a client waits from the payment to the active service."""
    shop.partner.post("options", latency_ms=latency_ms)
    waits = sorted(_waits(shop, workers))
    return {
        "latency_ms": latency_ms,
        "orders": LIVE_ORDERS,
        "p50_ms": round(statistics.median(waits) * 1000),
        "max_ms": round(waits[-1] * 1000),
    }


def _waits(shop: Shop, workers: Processes) -> Iterator[float]:
    for _number in range(LIVE_ORDERS):
        placed = order(shop)
        services = placed.lines.get().services
        started = time.perf_counter()
        pay(placed)
        wait_until(workers, lambda services=services: services.filter(status="ACTIVE").exists())  # type: ignore[misc]
        yield time.perf_counter() - started
