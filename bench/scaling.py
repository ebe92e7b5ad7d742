"""How the rate of purchases grows with workers, against what waiting for the partner alone would allow."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.operations import Shop, pile_up, time_backlog
from bench.workers import run_workers

WORKERS = (1, 2, 4, 8)
LATENCY_MS = 50


def time_scaling(
    shop: Shop, environment: Mapping[str, str], logs: Path, *, purchases: int
) -> Iterator[Mapping[str, Any]]:
    """For 1, 2, 4 and 8 workers of one thread each: purchases a second beside workers ÷ (calls × latency).

    The ideal counts nothing but the partner's latency: no work of ours, and a processor for each worker.
    """
    single = {**environment, "CELERY_WORKER_CONCURRENCY": "1", "NOC_CALLS_IN_FLIGHT": str(2 * max(WORKERS))}
    for count in WORKERS:
        after = pile_up(shop, count=purchases, latency_ms=LATENCY_MS)
        with run_workers(single, logs, count=count) as started:
            measured = time_backlog(shop, started, after=after, latency_ms=LATENCY_MS)
        ideal = count / (float(measured["calls_per_operation"]) * LATENCY_MS / 1000)
        yield {
            "workers": count,
            **measured,
            "ideal_per_second": round(ideal, 1),
            "share_of_ideal": round(float(measured["per_second"]) / ideal, 2),
        }
