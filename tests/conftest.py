"""What every test can count on: no traffic but to this machine, an empty cache, no broker, a partner that runs here."""

import functools
import gc
import importlib
import os
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.template import Context, RequestContext, Template
from django.utils import timezone, translation
from pytest_django import DjangoDbBlocker

from billing.append_only import put_up, take_down
from config.celery import app
from noc.sandbox.server import Sandbox, start_sandbox
from tests.builders import World, make_world
from tests.examples import choose_profile
from tests.kept_ids import keep_apart
from tests.kept_scenes import enter_stage, invite, leave_stage
from tests.kept_schema import file_in, keep, open_filled
from tests.services import RedisNumbers

IN_CI = os.environ.get("CI") == "true"
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


def on_postgres() -> bool:
    return settings.DATABASES["default"]["ENGINE"].endswith("postgresql")


def pytest_configure(config: pytest.Config) -> None:
    choose_profile(config)
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
        settings.CACHES["default"]["LOCATION"] = RedisNumbers.CACHES.url(worker)


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


@pytest.fixture(scope="session")
def kept_schema(request: pytest.FixtureRequest, django_db_modify_db_settings: None) -> Iterator[Callable[[], None]]:
    """Fills the test database from the last run, if it is SQLite; call it to keep what migrations made."""
    if on_postgres():
        yield lambda: None
        return
    kept = file_in(request.config.cache.mkdir("migrated"))
    with closing(open_filled(kept)) as memory:
        yield lambda: keep(memory, kept)


@pytest.fixture(scope="session")
def django_db_setup(kept_schema: Callable[[], None], django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    kept_schema()
    with django_db_blocker.unblock():
        keep_apart()


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
def _only_pages_are_noted(django_test_environment: None) -> Iterator[None]:
    """Tests look at the context of a page, not at those of the hundreds of widgets and parts on it."""
    note_and_render = Template._render

    def render(self: Template, context: Context) -> str:
        if not isinstance(context, RequestContext) or hasattr(context, "is_noted"):
            return self.nodelist.render(context)
        if context.template is self:
            context.is_noted = True
        return str(note_and_render(self, context))

    patch = pytest.MonkeyPatch()
    patch.setattr(Template, "_render", render)
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


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A request leaves its language and time zone to whatever its thread does next: not to the next test."""
    yield
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(autouse=True)
def _stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    enter_stage(monkeypatch)
    yield
    leave_stage()


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with start_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """One sandbox partner a session, made new for each test.

    Its keys are of the kind that is made fast, and nobody pauses before asking it again.
    """
    running_sandbox.state.reset()
    running_sandbox.state.options = replace(running_sandbox.state.options, certificate_key_type="ec")
    invite(running_sandbox)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("noc.client.BACK_OFF", 0)
        yield running_sandbox


@pytest.fixture
def world(db: None, sandbox: Sandbox) -> World:
    """A client, a partner account on the sandbox, and products that it sells."""
    return make_world(sandbox)
