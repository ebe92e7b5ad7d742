from collections.abc import Callable
from datetime import UTC, date, datetime, time

import pytest

from billing.automation.running import run_night
from billing.models import DutyRun, Service
from tests.builders import World, make_active_service


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
