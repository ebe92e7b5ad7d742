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


# How much of each is measured: usually, and just enough to see that every part still runs.
SIZES = {
    "operations": (200, 4, "paid orders in a backlog"),
    "purchases": (60, 2, "purchases for each number of workers"),
    "services": (2000, 20, "services due for renewal"),
    "growth": (10, 2, "the larger set of services: so many times the smaller"),
    "payments": (2000, 8, "invoices paid by four processes; a multiple of 4"),
    "invoices": (1_000_000, 1000, "invoices in the table of a list"),
    "licenses": (10_000, 20, "licenses on an account that is read whole"),
    "entries": (1_000_000, 500, "entries of a ledger that is audited"),
    "documents": (60, 2, "PDF files of each length"),
    "letters": (500, 4, "letters of each kind, and sent in each way"),
    "noops": (3000, 20, "no-op tasks"),
}


def measure(portal: Portal, folder: Path, options: argparse.Namespace, *, workers: int) -> None:
    """Every part that is wanted."""
    # The models can be imported once Django knows the database of this run.
    from bench import shop
    from bench.parts import PARTS, Bench

    unknown = set(options.only) - PARTS.keys()
    if unknown:
        raise SystemExit(f"No such part: {', '.join(sorted(unknown))}. There are {', '.join(PARTS)}.")
    emit("machine", {"cpus": os.cpu_count(), "python": platform.python_version(), **shop.describe(workers, THREADS)})
    bench = Bench(portal, folder / "logs", shop.make_product(portal.sandbox_url), options, workers)
    for name, part in PARTS.items():
        if not options.only or name in options.only:
            for measured, values in part(bench):
                emit(measured, values)


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    for name, (usual, _small, words) in SIZES.items():
        parser.add_argument(f"--{name}", type=int, help=f"{words} ({usual})")
    parser.add_argument("--page-seconds", type=float, help="how long each page is asked for in each round (3)")
    parser.add_argument("--only", nargs="+", default=[], metavar="PART", help="nothing but these parts")
    parser.add_argument("--small", action="store_true", help="a little of each, to see that it runs")
    options = parser.parse_args()
    for name, (usual, small, _words) in SIZES.items():
        if getattr(options, name) is None:
            setattr(options, name, small if options.small else usual)
    if options.page_seconds is None:
        options.page_seconds = 0.2 if options.small else 3
    return options


def main() -> int:
    """0 once all is measured."""
    options = read_options()
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
