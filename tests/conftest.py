"""What every test can count on: no traffic but to this machine, an empty cache, no broker, a partner that runs here."""

import functools
import gc
import importlib
import os
import socket
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction

from billing.append_only import put_up, take_down
from config.celery import app
from demo.services import move_redis_number
from noc.sandbox.server import Sandbox, start_sandbox
from tests.builders import World, make_world

IN_CI = os.environ.get("CI") == "true"
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


def on_postgres() -> bool:
    return settings.DATABASES["default"]["ENGINE"].endswith("postgresql")


def pytest_configure(config: pytest.Config) -> None:
    # A query makes hundreds of objects: by default the collector takes a quarter of the time of the suite.
    gc.set_threshold(50_000, 20, 50)
    # Every client makes the middleware anew: without this each one reads all static files before its first request.
    settings.WHITENOISE_AUTOREFRESH = True
    # No worker makes PDF files here: a page that waited for one would only wait.
    settings.DOCUMENT_PATIENCE = 0
    # Nobody listens to wake-ups here: tests call what a worker would, journeys start workers of their own.
    app.conf.update(broker_url="memory://", broker_transport_options={})
    if settings.REDIS_URL:
        # A Redis number for each xdist worker: emptying the cache empties a whole number.
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        settings.CACHES["default"]["LOCATION"] = move_redis_number(settings.REDIS_URL, worker)


def pytest_collection_finish() -> None:
    """All modules are loaded and stay: the collector need not look at them again and again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not on_postgres():
        for item in items:
            if item.get_closest_marker("postgres"):
                item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: set DATABASE_URL"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("pdf") and not can_make_pdf():
        pytest.skip("needs WeasyPrint's libraries: libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig")


@functools.cache
def can_make_pdf() -> bool:
    """Loaded only where a test is about PDF files: it takes two seconds."""
    try:
        importlib.import_module("weasyprint")
    except OSError:
        return False
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skip of what a machine merely lacks is a failure: nothing may go untested unnoticed."""
    report = yield
    if IN_CI and report.skipped and _must_run(item):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped in CI: {report.longrepr}"
    return report


def _must_run(item: pytest.Item) -> bool:
    if hasattr(item, "wasxfail") or (item.get_closest_marker("postgres") and not on_postgres()):
        return False
    return any(item.get_closest_marker(name) for name in ("postgres", "processes", "browser", "pdf"))


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    yield
    patch.undo()


def _guarded(connect: Any) -> Any:
    def connect_here(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK):
            pytest.fail(f"A test wanted to talk to {address[0]}: only this machine is allowed")
        return connect(self, address)

    return connect_here


@pytest.fixture(autouse=True, scope="session")
def _shared_ssl_contexts() -> Iterator[None]:
    """`httpx.get` and its like make a context each, which costs more than most calls: here one for equal arguments."""
    patch = pytest.MonkeyPatch()
    patch.setattr("httpx._transports.default.create_ssl_context", functools.cache(httpx.create_ssl_context))
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def _tables_can_be_emptied() -> Iterator[None]:
    """Tests that commit leave by emptying every table, the ledger too: its triggers are away while that lasts."""
    operations = type(connection.ops)
    empty = operations.execute_sql_flush

    def empty_unguarded(self: Any, statements: Any) -> None:
        with transaction.atomic(using=self.connection.alias):
            take_down(self.connection)
            empty(self, statements)
            put_up(self.connection)

    patch = pytest.MonkeyPatch()
    patch.setattr(operations, "execute_sql_flush", empty_unguarded)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with start_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """One sandbox partner a session, made new for each test.

    Its keys are of the kind that is made fast, and nobody pauses before asking it again.
    """
    monkeypatch.setattr("noc.client.BACK_OFF", 0)
    running_sandbox.state.reset()
    running_sandbox.state.options = replace(running_sandbox.state.options, certificate_key_type="ec")
    return running_sandbox


@pytest.fixture
def world(db: None, sandbox: Sandbox) -> World:
    """A client, a partner account on the sandbox, and products that it sells."""
    return make_world(sandbox)
