"""Nights that tests run at a fixed moment, what became of their duties, and nights before them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from billing.models import AutomationRun, DutyRun

DAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)


def at(moment: datetime = NOW) -> Callable[[], datetime]:
    return lambda: moment


def states(day: date = DAY) -> dict[str, str]:
    return dict(DutyRun.objects.filter(run__day=day).values_list("duty", "status"))


def history(duty: str, *, nights: int, count: int, amount: str = "") -> None:
    for number in range(nights):
        run = AutomationRun.objects.create(day=DAY - timedelta(days=number + 1), started_at=NOW, finished_at=NOW)
        amounts = {"EUR": amount} if amount else {}
        DutyRun.objects.create(run=run, duty=duty, status="DONE", done_count=count, done_amounts=amounts)
