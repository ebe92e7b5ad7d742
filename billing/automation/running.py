"""Doing a night: each duty planned, judged by the brakes, done batch by batch; safe to start twice and to kill."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, Sum

from billing.actions.events import record_event
from billing.actions.notifications import notify_operators
from billing.automation.brakes import Ended, find_brake
from billing.automation.duty import Duty
from billing.automation.leases import LeaseLost, claim_duty, leave_duty, write_items
from billing.automation.night import Night, Tally, Touched
from billing.automation.nights import open_run, settle_run
from billing.automation.registry import DUTIES, get_duty
from billing.models import LIVE_STATUSES, AutomationRun, DutyItem, DutyRun, DutyStatus, Service
from billing.queries.billing_settings import read_automation_settings
from billing.queries.clock import business_date

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

# What is left alone until something changes: done, waiting for a word, or left to the next day.
RESTING = (DutyStatus.DONE, DutyStatus.SKIPPED, DutyStatus.BRAKED)


def run_night(*, day: date, clock: Clock, only: str = "") -> AutomationRun:
    """Does what is not done yet of a day's duties, in their order; `only` the duty of that code.

    A second start, at once or later, does nothing twice; where another worker is at a duty, it leaves the rest to that
    one. A duty of an earlier day that is not settled goes first: the same duty waits for it.
    """
    run = open_run(day=day, now=clock())
    for duty_run in list(run.duties.order_by("position")):
        if only and duty_run.duty != only:
            continue
        duty = get_duty(duty_run.duty)
        if duty is None or duty_run.status in RESTING or _waits_for_earlier(duty_run):
            continue
        if not _do(duty, duty_run, clock):
            break
    settle_run(run, now=clock())
    return run


def run_nights(*, days: Iterable[date], clock: Clock, only: str = "") -> list[AutomationRun]:
    """Several days in their order; ends with one that another worker is at, since a later day builds on it."""
    runs = []
    for day in days:
        runs.append(run_night(day=day, clock=clock, only=only))
        if runs[-1].duties.filter(status=DutyStatus.RUNNING).exists():
            break
    return runs


def _waits_for_earlier(duty_run: DutyRun) -> bool:
    earlier = DutyRun.objects.filter(duty=duty_run.duty, run__day__lt=duty_run.run.day)
    return earlier.exclude(status__in=[DutyStatus.DONE, DutyStatus.SKIPPED]).exists()


def _do(duty: Duty[Any, Any], duty_run: DutyRun, clock: Clock) -> bool:
    """False if another worker is at it: the duties after it build on what it leaves."""
    now = clock()
    if not claim_duty(duty_run, now=now):
        duty_run.refresh_from_db()
        return duty_run.status != DutyStatus.RUNNING
    night = Night(duty_run.run.day, business_date(now), now, read_automation_settings())
    try:
        if not _stop_at_brake(duty, duty_run, night, clock):
            with transaction.atomic() if duty.is_one_step else nullcontext():
                _do_all(duty, duty_run, night, clock)
                leave_duty(duty_run, status=DutyStatus.DONE, now=clock(), **_totals(duty_run))
    except LeaseLost:
        logger.warning("Duty %s of %s goes on in another worker.", duty_run.duty, night.day)
        return False
    except Exception as error:
        logger.exception("Duty %s of %s failed", duty_run.duty, night.day)
        _give_up(duty_run, error, clock)
    return True


def _stop_at_brake(duty: Duty[Any, Any], duty_run: DutyRun, night: Night, clock: Clock) -> bool:
    """Writes the plan; leaves the duty to an operator if it is far outside the usual and nobody has let it go."""
    done, _failed = _count_items(duty_run)
    # What an earlier start did tonight belongs to the plan, and to what the brakes judge.
    tally = duty.plan(night).merge(done)
    DutyRun.objects.filter(pk=duty_run.pk).update(planned_count=tally.count, planned_amounts=tally.frozen())
    if duty_run.released_by:
        return False
    brake = find_brake(duty, tally, settings=night.settings, ended=_ended_tonight(duty_run))
    if not brake:
        return False
    with transaction.atomic():
        leave_duty(duty_run, status=DutyStatus.BRAKED, now=clock(), brake=brake[:255])
        data = {"day": str(night.day), "duty": duty.code, "label": str(duty.label), "brake": brake}
        notify_operators(record_event("automation.braked", now=clock(), data=data), now=clock())
    return True


def _ended_tonight(duty_run: DutyRun) -> Ended:
    enders = [duty.code for duty in DUTIES if duty.ends_services]
    items = DutyItem.objects.filter(duty_run__run=duty_run.run, duty_run__duty__in=enders, is_failed=False)
    touched = items.filter(object_type="service").values("object_id")
    gone = Service.objects.filter(pk__in=touched).exclude(status__in=LIVE_STATUSES)
    return Ended(items.exclude(duty_run=duty_run).count(), gone.count())


def _do_all(duty: Duty[Any, Any], duty_run: DutyRun, night: Night, clock: Clock) -> None:
    after = 0
    while True:
        try:
            reached = do_batch(duty, duty_run, night, clock, after=after, limit=duty.batch_size)
        except (LeaseLost, OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("A batch of %s is done one by one", duty.code)
            reached = _do_singly(duty, duty_run, night, clock, after=after)
        if reached is None:
            return
        after = reached


def do_batch(
    duty: Duty[Any, Any], duty_run: DutyRun, night: Night, clock: Clock, *, after: int, limit: int
) -> int | None:
    """The deeds and the note of them in one transaction; returns the key reached, None at the end."""
    with transaction.atomic():
        batch = duty.find(night, after=after, limit=limit, is_locked=True)
        if batch is None:
            return None
        touched = duty.act(night, duty.judge(night, batch.rows))
        write_items(duty_run, touched, now=clock())
    return batch.last_key


def _do_singly(duty: Duty[Any, Any], duty_run: DutyRun, night: Night, clock: Clock, *, after: int) -> int | None:
    """One candidate at a time, so that one that cannot be done keeps no other from it."""
    whole = duty.find(night, after=after, limit=duty.batch_size, is_locked=False)
    last_key = whole.last_key if whole else after
    while after < last_key:
        try:
            reached = do_batch(duty, duty_run, night, clock, after=after, limit=1)
        except (LeaseLost, OperationalError, InterfaceError):
            raise
        except Exception as error:
            logger.exception("%s could not be done to one object", duty.code)
            reached = _note_failure(duty, duty_run, night, clock, error, after=after)
        if reached is None:
            return None
        after = reached
    return after if whole else None


def _note_failure(
    duty: Duty[Any, Any], duty_run: DutyRun, night: Night, clock: Clock, error: Exception, *, after: int
) -> int | None:
    batch = duty.find(night, after=after, limit=1, is_locked=False)
    if batch is None:
        return None
    failed = [Touched(*duty.name_of(row), outcome=f"{type(error).__name__}: {error}") for row in batch.rows]
    with transaction.atomic():
        write_items(duty_run, failed, now=clock(), is_failed=True)
    return batch.last_key


def _totals(duty_run: DutyRun) -> dict[str, Any]:
    """What the items say, whatever was begun and cut off on the way."""
    done, failed = _count_items(duty_run)
    return {"done_count": done.count, "done_amounts": done.frozen(), "failed_count": failed.count}


def _count_items(duty_run: DutyRun) -> tuple[Tally, Tally]:
    """What was done and what failed tonight so far; one query."""
    tally: defaultdict[bool, Tally] = defaultdict(Tally)
    rows = DutyItem.objects.filter(duty_run=duty_run).order_by().values("is_failed", "currency_id")
    for row in rows.annotate(count=Count("pk"), sum=Sum("amount")):
        counted = tally[row["is_failed"]]
        counted.count += row["count"]
        if row["sum"] is not None:
            counted.amounts[row["currency_id"]] += Decimal(row["sum"])
    return tally[False], tally[True]


def _give_up(duty_run: DutyRun, error: Exception, clock: Clock) -> None:
    try:
        with transaction.atomic():
            leave_duty(duty_run, status=DutyStatus.FAILED, now=clock(), error=f"{type(error).__name__}: {error}")
            data = {"day": str(duty_run.run.day), "duty": duty_run.duty, "error": type(error).__name__}
            if duty_run.attempt == 1:
                notify_operators(record_event("automation.failed", now=clock(), data=data), now=clock())
    except LeaseLost:
        logger.warning("Duty %s had been taken over.", duty_run.duty)
