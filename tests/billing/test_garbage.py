"""How often a process looks for garbage in cycles."""

import gc
import importlib
from collections.abc import Iterator

import pytest
from celery.signals import worker_init

from billing.garbage import THRESHOLDS, collect_as_ever, collect_rarely

OFTEN = (700, 10, 10)


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*OFTEN)
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_rarely_and_never_through_what_is_there() -> None:
    collect_rarely()
    assert gc.get_threshold() == THRESHOLDS
    assert gc.get_freeze_count() > 0


def test_as_ever_again() -> None:
    collect_rarely()
    collect_as_ever()
    assert gc.get_threshold() != THRESHOLDS
    assert gc.get_freeze_count() == 0


def test_workers_do_it_when_they_start() -> None:
    worker_init.send(sender="a worker")
    assert gc.get_threshold() == THRESHOLDS


def test_web_processes_do_it_when_they_start() -> None:
    import config.wsgi

    gc.set_threshold(*OFTEN)
    importlib.reload(config.wsgi)
    assert gc.get_threshold() == THRESHOLDS
