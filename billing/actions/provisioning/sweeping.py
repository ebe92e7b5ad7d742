"""The minute's sweep: expired leases are freed and due operations woken, so that losing the broker loses nothing."""

from datetime import datetime

from django.db.models import F, Q

from billing.actions.queueing import release_operation
from billing.models import (
    ENDED_STATUSES,
    HoldReason,
    Operation,
    OperationAttempt,
    OperationKind,
    OperationStatus,
    PoolState,
)
from billing.wakeups import wake_operation
from noc.models import AccountHealth, Server

WAKE_AT_ONCE = 500


def free_expired_leases(*, now: datetime) -> int:
    """RUNNING past its lease: CHECKING if this attempt may have sent something, else QUEUED. Returns how many."""
    expired = Operation.objects.lease_expired(now=now)
    OperationAttempt.objects.filter(operation__in=expired, number=F("operation__attempt"), ended_at=None).update(
        ended_at=now, outcome="LOST"
    )
    sent = expired.filter(Q(sent_at__isnull=False)).update(
        status=OperationStatus.CHECKING, lease_expires_at=None, run_after=now
    )
    unsent = 0
    for operation in Operation.objects.lease_expired(now=now).filter(sent_at=None):
        unsent += _back_to_queue(operation, now=now)
    return sent + unsent


def _back_to_queue(operation: Operation, *, now: datetime) -> int:
    """A twin queued meanwhile does the work instead."""
    has_twin = Operation.objects.filter(
        service=operation.service_id, kind=operation.kind, status__in=["QUEUED", "HELD"]
    ).exists()
    mine = Operation.objects.filter(pk=operation.pk, status=OperationStatus.RUNNING, attempt=operation.attempt)
    if has_twin:
        return mine.update(status=OperationStatus.CANCELLED, lease_expires_at=None, finished_at=now)
    return mine.update(status=OperationStatus.QUEUED, lease_expires_at=None, run_after=now)


def wake_due_operations(*, now: datetime) -> int:
    """Sends a wake-up for each operation that is due; a second wake-up of one does nothing. Returns how many."""
    due = list(Operation.objects.due(now=now).order_by("run_after", "id").values_list("pk", flat=True)[:WAKE_AT_ONCE])
    for operation_id in due:
        wake_operation(operation_id)
    return len(due)


def release_ready(*, now: datetime) -> int:
    """Lets go what was held for a reason that is no longer there. Returns how many."""
    held = Operation.objects.filter(status=OperationStatus.HELD)
    enabled = Server.objects.filter(is_enabled=True)
    well = enabled.filter(health=AccountHealth.OK)
    some_server = Q(service__product__server_group__servers__in=enabled) | (
        Q(service__product__server_group=None) & Q(service__module__in=enabled.filter(is_default=True).values("module"))
    )
    # Nothing is bought for these: they are dropped, or put back the license that they hold.
    parent_ended = Q(service__parent__status__in=ENDED_STATUSES)
    ending = Operation.objects.unsettled().filter(kind=OperationKind.TERMINATE).values("service")
    ready = (
        Q(hold_reason=HoldReason.SERVER_DISABLED, server__in=enabled)
        | Q(hold_reason__in=[HoldReason.ACCOUNT_REFUSED, HoldReason.NO_MONEY], server__in=well)
        | Q(hold_reason=HoldReason.PARENT_MISSING) & (~Q(service__parent__remote_id="") | parent_ended)
        | Q(hold_reason=HoldReason.NO_MONEY, pooled_licenses__state=PoolState.TAKEN, service__in=ending)
        | Q(hold_reason=HoldReason.NO_SERVER) & some_server
    )
    operations = list(held.filter(ready).distinct()[:WAKE_AT_ONCE])
    for operation in operations:
        release_operation(operation=operation, now=now)
    return len(operations)
