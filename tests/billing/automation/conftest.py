from collections.abc import Callable
from datetime import UTC, date, datetime, time

import pytest

from billing.automation.running import run_night
from billing.models import Client, DutyRun, Service
from tests.billing.automation.fake_duties import Greeting, install
from tests.builders import World, make_active_service, make_client
from tests.kept_scenes import kept_scene


@pytest.fixture
def service(world: World) -> Service:
    """Monthly, paid, bought: due a month from now."""
    return make_active_service(world.client, world.lite, ip="192.0.2.1")


@pytest.fixture
def night() -> Callable[..., DutyRun]:
    """Runs one duty of a day, at three in that night."""

    def run(duty: str, day: date) -> DutyRun:
        moment = datetime.combine(day, time(3), UTC)
        return run_night(day=day, clock=lambda: moment, only=duty).duties.get(duty=duty)

    return run


@pytest.fixture
def greeting(monkeypatch: pytest.MonkeyPatch) -> Greeting:
    duty = Greeting()
    install(monkeypatch, duty)
    return duty


@pytest.fixture
@kept_scene
def clients() -> list[Client]:
    return [make_client() for _number in range(7)]
