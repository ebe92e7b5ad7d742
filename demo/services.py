"""Databases of a run's own on services that are shared, so that runs never meet each other."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import SplitResult, urlsplit

import psycopg
import redis
from psycopg import sql

QUEUE_KEYS = ("operations", "payments", "mail", "documents", "duties", "unacked", "unacked_index")


@contextmanager
def own_services(*, database_url: str, redis_url: str, purpose: str) -> Iterator[dict[str, str]]:
    """Environment variables for one portal: a fresh database on that server, dropped in the end, and the Redis number
    named with the one after it. What is not named stays embedded. Raises psycopg.Error.
    """
    changes = _redis_numbers(urlsplit(redis_url)) if redis_url else {}
    with _empty_queues(changes.get("CELERY_BROKER_URL", "")), _own_database(database_url, purpose) as database:
        yield {**changes, **database}


@contextmanager
def _own_database(database_url: str, purpose: str) -> Iterator[dict[str, str]]:
    if not database_url.startswith("postgres"):
        yield {}
        return
    url = urlsplit(database_url)
    name = f"nocdesk_{purpose}_{os.getpid()}"
    _run(url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield {"DATABASE_URL": url._replace(path=f"/{name}").geturl()}
    finally:
        _run(url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _empty_queues(broker_url: str) -> Iterator[None]:
    """Wake-ups of an earlier run name rows of a database that is gone."""
    if not broker_url:
        yield
        return
    with closing(redis.Redis.from_url(broker_url)) as server:
        server.delete(*QUEUE_KEYS)
        yield
        server.delete(*QUEUE_KEYS)


def move_redis_number(url: str, steps: int) -> str:
    """The same Redis with its database number moved by `steps`."""
    parts = urlsplit(url)
    return parts._replace(path=f"/{int(parts.path.strip('/') or 0) + steps}").geturl()


def _redis_numbers(url: SplitResult) -> dict[str, str]:
    """The cache and the queue never share a number: emptying the cache empties all of it."""
    return {"REDIS_URL": url.geturl(), "CELERY_BROKER_URL": move_redis_number(url.geturl(), 1)}


def _run(url: SplitResult, statement: sql.Composed) -> None:
    with psycopg.connect(url._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(statement)
