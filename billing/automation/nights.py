"""Which nights there are: opened once a day, missed ones caught up in order, closed when every duty is settled."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from billing.automation.registry import DUTIES
from billing.models import AutomationRun, DutyRun, DutyStatus

SETTLED = (DutyStatus.DONE, DutyStatus.SKIPPED)


class ClockWentBack(Exception):
    """A later day was run already: the clock or the business time zone was set back."""


def due_days(*, today: date) -> list[date]:
    """The days to run now, oldest first: those not settled, those missed since the last, and today.

    Raises ClockWentBack.
    """
    started = AutomationRun.objects.exclude(started_at=None).order_by("-day")
    newest = started.values_list("day", flat=True).first()
    if newest is not None and newest > today:
        words = {"day": newest, "today": today}
        raise ClockWentBack(_("%(day)s was run already, and today is %(today)s.") % words)
    unsettled = set(started.filter(finished_at=None).values_list("day", flat=True))
    first = newest + timedelta(days=1) if newest is not None else today
    missed = {first + timedelta(days=number) for number in range((today - first).days + 1)}
    return sorted(unsettled | missed)


def open_run(*, day: date, now: datetime) -> AutomationRun:
    """The run of the day, started, with a row for each duty; a second opening adds nothing."""
    with transaction.atomic():
        run = prepare_run(day=day)
        AutomationRun.objects.filter(pk=run.pk, started_at=None).update(started_at=now)
        run.refresh_from_db()
    return run


def prepare_run(*, day: date) -> AutomationRun:
    """The run of the day with a row for each duty, started or not. Call it in a transaction."""
    run, _is_new = AutomationRun.objects.get_or_create(day=day)
    DutyRun.objects.bulk_create(
        [DutyRun(run=run, duty=duty.code, position=place) for place, duty in enumerate(DUTIES)], ignore_conflicts=True
    )
    return run


def settle_run(run: AutomationRun, *, now: datetime) -> None:
    """Closes the run once nothing of it is left to do."""
    if not run.duties.exclude(status__in=SETTLED).exists():
        AutomationRun.objects.filter(pk=run.pk, finished_at=None).update(finished_at=now)
    run.refresh_from_db()
