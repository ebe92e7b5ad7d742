"""Real processes against a partner that misbehaves: they need PostgreSQL and a Redis database of their own."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.db import connection

from billing.actions import accounts
from billing.actions.clients import register_client
from billing.models import Client
from billing.queries.clock import database_now
from catalog.models import Currency, ProductGroup
from tests.faults.processes import Partner
from tests.services import RedisNumbers

BROKER = RedisNumbers.FAULTS.url()
FAST = {
    "NOC_CONNECT_TIMEOUT": "1",
    "NOC_READ_TIMEOUT": "2",
    "NOC_PAYING_DEADLINE": "2",
    "OPERATION_LEASE": "4",
    "NOC_LOOK_INTERVAL": "4",
    "NOC_RENEW_LOOK_INTERVAL": "3",
    "OPERATION_SWEEP_INTERVAL": "1",
    "OPERATION_RETRY_LIMIT": "4",
    "NOC_RESENDS": "6",
    "LOG_LEVEL": "WARNING",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-faults-table", action="store_true", help="print docs/faults.md from what the run saw")


@pytest.fixture
def alone() -> Iterator[None]:
    """One of these tests at a time on a machine: they share a broker, and time is what they measure by."""
    with (Path(tempfile.gettempdir()) / "nocdesk-tests-with-processes.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture
def partner(alone: None) -> Iterator[Partner]:
    found = Partner()
    # The worst partner: it would sell a second license for the same address without a word.
    found.post("options", refuse_same_ip=False)
    yield found
    found.close()


@pytest.fixture
def environment(alone: None, tmp_path: Path) -> dict[str, str]:
    """The workers' environment: this test's own database, a Redis database of their own, short intervals."""
    # What an earlier run left behind would have to be worked off first.
    redis.Redis.from_url(BROKER).flushdb()
    settings = connection.settings_dict
    host, port = settings["HOST"] or "127.0.0.1", settings["PORT"] or 5432
    login = settings["USER"] or "postgres"
    password = f":{settings['PASSWORD']}" if settings["PASSWORD"] else ""
    return {
        **os.environ,
        **FAST,
        "DATABASE_URL": f"postgres://{login}{password}@{host}:{port}/{settings['NAME']}",
        "CELERY_BROKER_URL": BROKER,
        "REDIS_URL": "",
        "VAR_DIR": str(tmp_path),
    }


@pytest.fixture
def shopper(transactional_db: None, partner: Partner) -> Client:
    """A client of a portal with one account at the partner and a group to sell in."""
    now = database_now()
    values = {"name": "EU", "hostname": partner.url, "username": "reseller", "password": "sandbox-password"}
    accounts.save_account(values=values, actor="test", now=now)
    # The rows of migrations are gone after another test of this kind.
    euro, _is_new = Currency.objects.get_or_create(code="EUR", defaults={"is_default": True})
    ProductGroup.objects.create(name="Licenses", slug="licenses")
    return register_client(
        email="anna@example.com", first_name="Anna", last_name="Client", country="DE", currency=euro, now=now
    )
