"""Tonight, before it happens: the duties' own code up to the deed, kept beside the run that is to come (B6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from typing import Any

from django.db import transaction

from billing.automation.brakes import Ended, Usual, find_brake, read_usual
from billing.automation.duty import Duty
from billing.automation.night import Night, Tally, Touched
from billing.automation.nights import prepare_run
from billing.automation.registry import DUTIES
from billing.models import AutomationRun, DutyRun, DutyStatus
from billing.queries.billing_settings import read_automation_settings


@dataclass(frozen=True, slots=True)
class PlannedDuty:
    """What a duty would do, what is usual, and why it would stop ("" if it would not)."""

    duty: Duty[Any, Any]
    tally: Tally
    usual: Usual
    brake: str


def plan_night(*, day: date, now: datetime, only: str = "") -> list[PlannedDuty]:
    """What the run of `day` would do by what is known now; writes nothing.

    Later duties are planned as if the earlier ones had done nothing yet.
    """
    night = Night(day, day, now, read_automation_settings())
    planned: list[PlannedDuty] = []
    ended = 0
    for duty in DUTIES:
        if only and duty.code != only:
            continue
        tally = duty.plan(night)
        brake = find_brake(duty, tally, settings=night.settings, ended=Ended(ended))
        ended += tally.count if duty.ends_services else 0
        planned.append(PlannedDuty(duty, tally, read_usual(duty.code), brake))
    return planned


def keep_plan(*, day: date, now: datetime) -> AutomationRun:
    """Plans the night and keeps the plan with the run that is to come; what has begun already stays as it is."""
    planned = plan_night(day=day, now=now)
    with transaction.atomic():
        run = prepare_run(day=day)
        for one in planned:
            DutyRun.objects.filter(run=run, duty=one.duty.code, status=DutyStatus.WAITING, attempt=0).update(
                planned_count=one.tally.count, planned_amounts=one.tally.frozen(), brake=one.brake[:255]
            )
        AutomationRun.objects.filter(pk=run.pk).update(planned_at=now)
        run.refresh_from_db()
    return run


def preview_duty(duty: Duty[Any, Any], *, day: date, now: datetime, limit: int) -> Sequence[Touched]:
    """The first objects that the duty would touch."""
    night = Night(day, day, now, read_automation_settings())
    touched = (intent.touched for intent in chain.from_iterable(duty.intents(night)))
    return list(islice(touched, limit))
