"""A night that is not over in time."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.automation.running import run_night
from billing.automation.watching import tell_of_missed_night
from billing.models import AutomationRun, AutomationSettings, DutyRun, Event

MORNING = datetime(2026, 3, 10, 6, 5, tzinfo=UTC)
TODAY = MORNING.date()


@pytest.fixture
def earlier(db: None) -> AutomationRun:
    """A night of the day before."""
    return AutomationRun.objects.create(day=TODAY - timedelta(days=1), started_at=MORNING - timedelta(days=1))


def test_one_that_never_began_is_told_of_once(earlier: AutomationRun) -> None:
    assert not tell_of_missed_night(now=MORNING - timedelta(hours=1))
    assert tell_of_missed_night(now=MORNING)
    assert not tell_of_missed_night(now=MORNING + timedelta(minutes=10))
    event = Event.objects.get(name="automation.missed")
    assert (event.data["day"], event.data["started"]) == ("2026-03-10", False)


def test_one_that_is_done_is_not(earlier: AutomationRun) -> None:
    run_night(day=TODAY, clock=lambda: MORNING - timedelta(hours=3))
    assert not tell_of_missed_night(now=MORNING)


def test_one_that_only_a_brake_stopped_is_not(earlier: AutomationRun) -> None:
    run = run_night(day=TODAY, clock=lambda: MORNING - timedelta(hours=3))
    DutyRun.objects.filter(run=run, duty="unpaid").update(status="BRAKED")
    assert not tell_of_missed_night(now=MORNING)
    DutyRun.objects.filter(run=run, duty="digest").update(status="FAILED")
    assert tell_of_missed_night(now=MORNING)
    assert Event.objects.get(name="automation.missed").data["duties"] == ["digest"]


def test_a_new_portal_has_missed_none(db: None) -> None:
    assert not tell_of_missed_night(now=MORNING)


def test_it_can_be_switched_off(earlier: AutomationRun) -> None:
    AutomationSettings.objects.create(pk=1, alert_hour=0)
    assert not tell_of_missed_night(now=MORNING)
