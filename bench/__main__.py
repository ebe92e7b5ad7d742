"""`python -m bench`: JSON lines, each with what was measured on what; ceilings stand beside what they limit.

PostgreSQL and Redis are taken from BENCH_DATABASE_URL and BENCH_REDIS_URL, by default on this machine; each run makes a
database of its own and uses two Redis numbers. Without them it says so and measures the embedded portal.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import redis

from demo.portal import Portal, environment_for, run_portal
from demo.processes import stop_on_signals
from demo.services import own_services
from demo.sides import Partner

DATABASE_URL = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/14")
WORKERS, THREADS, IN_FLIGHT = 2, 8, 16
# The sweep of production: one a second would fill the queue with wake-ups for a pile that is being worked off.
QUIET = {
    "CELERY_WORKER_CONCURRENCY": str(THREADS),
    "NOC_CALLS_IN_FLIGHT": str(IN_FLIGHT),
    "OPERATION_SWEEP_INTERVAL": "60",
    "LOG_LEVEL": "WARNING",
}


def emit(name: str, values: Mapping[str, Any]) -> None:
    """One JSON line."""
    print(json.dumps({"measured": name, **values}), flush=True)


def find_services() -> tuple[str, str]:
    """The database and Redis to use, both or none."""
    try:
        psycopg.connect(DATABASE_URL, connect_timeout=3).close()
        with closing(redis.Redis.from_url(REDIS_URL, socket_connect_timeout=3)) as server:
            server.ping()
    except (psycopg.Error, redis.RedisError) as error:
        print(f"No PostgreSQL and Redis here ({type(error).__name__}): measuring SQLite and folders.", file=sys.stderr)
        return "", ""
    return DATABASE_URL, REDIS_URL


def measure(portal: Portal, folder: Path, options: argparse.Namespace, *, workers: int) -> None:
    """Everything, in the order in which nothing disturbs what comes later."""
    # The models can be imported once Django knows the database of this run.
    from bench import audit, documents, hooks, letters, mail, operations, pages, renewals, scaling, shop, syncing
    from bench.workers import run_workers, time_noops

    emit("machine", {"cpus": os.cpu_count(), "python": platform.python_version(), **shop.describe(workers, THREADS)})
    product = shop.make_product(portal.sandbox_url)
    environment, logs = portal.processes.environment, folder / "logs"
    for measured in pages.time_pages(product, environment, logs, seconds=options.page_seconds):
        emit("pages", measured)
    if options.pages_only:
        return
    for measured in hooks.time_storm(environment, logs, seconds=options.page_seconds * 4):
        emit("hooks.storm", measured)
    for name, values in renewals.measure(product, counts=(options.services, options.services * options.growth)):
        emit(name, values)
    emit("ledger.posting", audit.time_posting(entries=options.entries))
    emit("ledger.audit", audit.time_audit())
    with run_workers(environment, logs, count=workers) as started:
        emit("celery.noop", {"tasks": options.noops, "per_second": round(time_noops(started, count=options.noops))})
    with closing(Partner(portal.sandbox_url)) as partner:
        stall = operations.Shop(shop.make_client(), product, partner)
        for latency_ms in (0, 50):
            after = operations.pile_up(stall, count=options.operations, latency_ms=latency_ms)
            with run_workers(environment, logs, count=workers) as started:
                backlog = operations.time_backlog(stall, started, after=after, latency_ms=latency_ms)
                emit("operations.backlog", backlog)
                emit("operations.paid_to_active", operations.time_single(stall, started, latency_ms=latency_ms))
        for measured in letters.time_letters(count=options.letters):
            emit("letters.compose", measured)
        for measured in scaling.time_scaling(stall, environment, logs):
            emit("operations.scaling", measured)
    for measured in syncing.time_account(portal.sandbox_url, product, environment, count=options.licenses):
        emit("syncing.account", measured)
    for measured in documents.time_documents(environment, logs, count=options.documents, workers=workers):
        emit("documents.pdf", measured)
    for measured in mail.time_letters(count=options.letters):
        emit("letters.smtp", measured)


def main() -> int:
    """0 once all is measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--operations", type=int, default=200, help="paid orders in a backlog")
    parser.add_argument("--services", type=int, default=2000, help="services due for renewal")
    parser.add_argument("--growth", type=int, default=10, help="the larger set of services: so many times the smaller")
    parser.add_argument("--licenses", type=int, default=10_000, help="licenses on an account that is read whole")
    parser.add_argument("--entries", type=int, default=1_000_000, help="entries of a ledger that is audited")
    parser.add_argument("--documents", type=int, default=60, help="PDF files of each length")
    parser.add_argument("--letters", type=int, default=500, help="letters of each kind, and sent in each way")
    parser.add_argument("--noops", type=int, default=3000, help="no-op tasks")
    parser.add_argument("--page-seconds", type=float, default=3, help="how long each page is asked for in each round")
    parser.add_argument("--pages-only", action="store_true", help="nothing but the store's pages")
    options = parser.parse_args()
    stop_on_signals()
    database_url, redis_url = find_services()
    with (
        tempfile.TemporaryDirectory(prefix="nocdesk-bench-") as folder,
        own_services(database_url=database_url, redis_url=redis_url, purpose="bench") as services,
    ):
        changes = {**QUIET, **services}
        with run_portal(Path(folder), changes=changes, workers=0) as portal:
            _set_up_django(environment_for(Path(folder), changes))
            measure(portal, Path(folder), options, workers=WORKERS if services else 1)
            _let_go()
    return 0


def _set_up_django(environment: Mapping[str, str]) -> None:
    os.environ.update(environment)
    import django

    django.setup()


def _let_go() -> None:
    from django.db import connections

    connections.close_all()


if __name__ == "__main__":
    sys.exit(main())
