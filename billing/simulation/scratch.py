"""A portal of its own for the simulation: a database that is made and dropped, a partner in this process, no broker."""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from celery import current_app
from django.db import connection
from django.test.utils import override_settings

from billing.garbage import collect_as_ever, collect_rarely
from billing.simulation.clock import SimulatedClock
from noc.sandbox.server import Sandbox

ALONE = {
    "TIME_ZONE": "Europe/Berlin",
    "LANGUAGE_CODE": "en",
    "OPERATOR_EMAILS": ["operators@example.com"],
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    "PRICES_INCLUDE_TAX": False,
}


@contextmanager
def scratch_portal(clock: SimulatedClock, *, is_kept: bool = False) -> Iterator[Sandbox]:
    """Everything inside meets the scratch database only; yields its partner. `is_kept`: the database stays."""
    with ExitStack() as stack:
        stack.enter_context(override_settings(**ALONE))
        stack.enter_context(_no_broker())
        stack.enter_context(_rare_collections())
        stack.enter_context(_scratch_database(is_kept=is_kept))
        yield stack.enter_context(Sandbox(read_clock=clock))


@contextmanager
def _scratch_database(*, is_kept: bool) -> Iterator[None]:
    """As Django makes one for tests: on the server of the settings, in memory where that is SQLite."""
    real = connection.settings_dict["NAME"]
    test = connection.settings_dict["TEST"]
    before, number = test["NAME"], os.getpid()
    test["NAME"] = f"nocdesk_year_{number}" if connection.vendor == "postgresql" else None
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        _trust_the_machine()
        yield
    finally:
        test["NAME"] = before
        connection.creation.destroy_test_db(real, verbosity=0, keepdb=is_kept)


def _trust_the_machine() -> None:
    """A scratch database may be lost with its machine: nobody waits for the disk."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")


@contextmanager
def _rare_collections() -> Iterator[None]:
    collect_rarely()
    try:
        yield
    finally:
        collect_as_ever()


@contextmanager
def _no_broker() -> Iterator[None]:
    """Wake-ups of the simulation are none of the real workers' business; warnings would drown its report."""
    conf = current_app.conf
    before = conf.broker_url, conf.broker_transport_options
    conf.update(broker_url="memory://", broker_transport_options={})
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(level)
        conf.update(broker_url=before[0], broker_transport_options=before[1])
