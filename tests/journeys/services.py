"""Databases of a journey's own on the services that the settings name, so that journeys never meet each other."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import SplitResult, urlsplit

import psycopg
from psycopg import sql

# redis_url_of in tests/conftest.py takes the first numbers for the caches of xdist workers.
FIRST_NUMBER = 4


@contextmanager
def own_services(worker: str) -> Iterator[dict[str, str]]:
    """Environment variables for a portal: empty on SQLite, else a fresh database and Redis numbers of its own."""
    database, redis = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    index = int(worker.removeprefix("gw")) if worker.startswith("gw") else 0
    changes = _redis_numbers(urlsplit(redis), index) if redis else {}
    if not database.startswith("postgres"):
        yield changes
        return
    url = urlsplit(database)
    name = f"nocdesk_journey_{os.getpid()}"
    _run(url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield {**changes, "DATABASE_URL": url._replace(path=f"/{name}").geturl()}
    finally:
        _run(url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _redis_numbers(url: SplitResult, index: int) -> dict[str, str]:
    first = int(url.path.strip("/") or 0) + FIRST_NUMBER + 2 * index
    return {
        "REDIS_URL": url._replace(path=f"/{first}").geturl(),
        "CELERY_BROKER_URL": url._replace(path=f"/{first + 1}").geturl(),
    }


def _run(url: SplitResult, statement: sql.Composed) -> None:
    with psycopg.connect(url._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(statement)
