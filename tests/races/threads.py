"""Many at once: threads that are all let go at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import close_old_connections, connections
from django.db.models import Sum

from billing.models import LedgerEntry

THREADS = 12


def at_once(
    act: Callable[[int], Any], *, refusals: tuple[type[Exception], ...] = (), threads: int = THREADS
) -> list[Any]:
    """Runs `act(0…)` in as many threads; results of those that were not refused."""
    start = Barrier(threads)

    def run(number: int) -> Any:
        start.wait()
        try:
            return act(number)
        except refusals:
            return None
        finally:
            close_old_connections()
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return [result for result in pool.map(run, range(threads)) if result is not None]


def ledger_balance(account: str) -> Any:
    return LedgerEntry.objects.filter(account=account).aggregate(total=Sum("amount"))["total"] or 0
