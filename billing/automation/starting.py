"""What starts the nights: beat every ten minutes, an operator's word, the command; all safe at once."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.automation.nights import due_days
from billing.automation.planning import keep_plan
from billing.automation.running import run_nights
from billing.models import AutomationRun, DutyRun, DutyStatus
from billing.queries.billing_settings import read_automation_settings
from billing.queries.clock import business_date
from billing.wakeups import wake_automation

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]


class DutyNotWaiting(Exception):
    """Nobody is asked about this duty: it was let go or skipped already, or it never stopped."""


def run_due_nights(*, clock: Clock) -> list[AutomationRun]:
    """From the night's hour on: what is left of nights begun, days that were missed, today, in that order.

    Before that hour nights that were begun go on, and the coming one is planned. Raises ClockWentBack.
    """
    now = clock()
    today, hour = business_date(now), timezone.localtime(now).hour
    is_night = hour >= read_automation_settings().start_hour
    last = today if is_night else today - timedelta(days=1)
    runs = run_nights(days=[day for day in due_days(today=today) if day <= last], clock=clock)
    plan_coming(clock=clock)
    return runs


def plan_coming(*, clock: Clock) -> AutomationRun | None:
    """Keeps the plan of the next night; None while that night is being done. An hourly plan is fresh enough."""
    now = clock()
    today = business_date(now)
    is_done = AutomationRun.objects.filter(day=today).exclude(started_at=None).exists()
    day = today + timedelta(days=1) if is_done else today
    run = AutomationRun.objects.filter(day=day).first()
    if run is not None and (run.started_at or (run.planned_at and now - run.planned_at < timedelta(minutes=50))):
        return None
    return keep_plan(day=day, now=now)


def ask_to_go_on(*, actor: str, now: datetime) -> None:
    """Asks a worker to go on with the nights now; a plan that is kept is made afresh."""
    with transaction.atomic():
        AutomationRun.objects.filter(started_at=None).update(planned_at=None)
        record_event("automation.planned", now=now, actor=actor, data={"day": str(business_date(now))})
        wake_automation()


def release_duty(*, duty_run: DutyRun, actor: str, now: datetime) -> None:
    """An operator's *go*: BRAKED → WAITING, and a worker does it without asking again. Raises DutyNotWaiting."""
    _decide(duty_run, status=DutyStatus.WAITING, event="automation.released", actor=actor, now=now)


def skip_duty(*, duty_run: DutyRun, actor: str, now: datetime) -> None:
    """BRAKED or FAILED → SKIPPED: that day's duty is not done; the next day finds what is still to do.

    Raises DutyNotWaiting.
    """
    _decide(duty_run, status=DutyStatus.SKIPPED, event="automation.skipped", actor=actor, now=now)


def _decide(duty_run: DutyRun, *, status: DutyStatus, event: str, actor: str, now: datetime) -> None:
    asked = [DutyStatus.BRAKED, DutyStatus.FAILED] if status == DutyStatus.SKIPPED else [DutyStatus.BRAKED]
    with transaction.atomic():
        waiting = DutyRun.objects.filter(pk=duty_run.pk, status__in=asked)
        if not waiting.update(status=status, released_by=actor, finished_at=None if status == "WAITING" else now):
            raise DutyNotWaiting(_("This duty waits for nobody any more."))
        data = {"day": str(duty_run.run.day), "duty": duty_run.duty}
        record_event(event, now=now, actor=actor, data=data)
        wake_automation()
