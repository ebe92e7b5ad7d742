"""Who does a duty: a lease by the database's clock, and an attempt number that shuts out whoever lost it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q

from billing.automation.night import Tally, Touched
from billing.models import DutyItem, DutyRun, DutyStatus

LEASE: Final = timedelta(minutes=10)


class LeaseLost(Exception):
    """Another worker does this duty now."""


def claim_duty(duty_run: DutyRun, *, now: datetime) -> bool:
    """WAITING, FAILED or RUNNING with an expired lease → RUNNING, with a new attempt; False if someone else has it."""
    free = Q(status__in=[DutyStatus.WAITING, DutyStatus.FAILED]) | Q(
        status=DutyStatus.RUNNING, lease_expires_at__lte=now
    )
    taken = DutyRun.objects.filter(free, pk=duty_run.pk).update(
        status=DutyStatus.RUNNING, attempt=F("attempt") + 1, lease_expires_at=now + LEASE, error="", brake=""
    )
    if taken:
        duty_run.refresh_from_db()
        if duty_run.started_at is None:
            duty_run.started_at = now
            DutyRun.objects.filter(pk=duty_run.pk).update(started_at=now)
    return bool(taken)


def write_items(duty_run: DutyRun, touched: Sequence[Touched], *, now: datetime, is_failed: bool = False) -> None:
    """Notes what was touched and extends the lease, in the transaction of the deeds. Raises LeaseLost: undo them."""
    mine = DutyRun.objects.filter(pk=duty_run.pk, status=DutyStatus.RUNNING, attempt=duty_run.attempt)
    tally = Tally().add(touched)
    counted = {"failed_count": F("failed_count") + tally.count} if is_failed else _counted(tally)
    if not mine.update(lease_expires_at=now + LEASE, **counted):
        raise LeaseLost(str(duty_run))
    # An object that failed before and was done now, or the other way round, is there already.
    DutyItem.objects.bulk_create(
        [
            DutyItem(
                duty_run_id=duty_run.pk,
                object_type=one.object_type,
                object_id=one.object_id,
                outcome=one.outcome[:255],
                is_failed=is_failed,
                amount=one.amount,
                currency_id=one.currency_id,
            )
            for one in touched
        ],
        update_conflicts=True,
        unique_fields=["duty_run", "object_type", "object_id"],
        update_fields=["outcome", "is_failed", "amount", "currency_id"],
    )


def _counted(tally: Tally) -> dict[str, F | object]:
    return {"done_count": F("done_count") + tally.count}


def leave_duty(duty_run: DutyRun, *, status: DutyStatus, now: datetime, **facts: object) -> None:
    """RUNNING → `status`, if the duty is still ours. Raises LeaseLost."""
    with transaction.atomic():
        mine = DutyRun.objects.filter(pk=duty_run.pk, status=DutyStatus.RUNNING, attempt=duty_run.attempt)
        if not mine.update(status=status, lease_expires_at=None, finished_at=now, **facts):
            raise LeaseLost(str(duty_run))
        duty_run.refresh_from_db()
