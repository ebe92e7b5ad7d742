"""Step ④: an operation is written in the transaction of the fact that asks for it. Queueing never fails it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from billing.actions.events import record_event
from billing.models import (
    UNDERWAY_STATUSES,
    WAITING_STATUSES,
    HoldReason,
    Operation,
    OperationKind,
    OperationStatus,
    Service,
    ServiceStatus,
)
from billing.queries.compiled import CompiledQuery
from billing.wakeups import wake_operation
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS

# What a renewal that is about to be written may meet; every payment asks.
_RENEWALS = CompiledQuery(
    lambda service_id: (
        Operation.objects.filter(service=service_id, kind=OperationKind.RENEW)
        .filter(Q(status__in=WAITING_STATUSES) | Q(params__given_up=True))
        .order_by("pk")
    )
)


class AlreadyProvisioned(Exception):
    """The service holds an id at the partner: creating it again would buy it twice."""


def queue_operation(
    *,
    service: Service,
    kind: OperationKind,
    now: datetime,
    actor: str = "",
    params: Mapping[str, Any] | None = None,
    extends_from: date | None = None,
    run_after: datetime | None = None,
    hold_reason: str = "",
) -> Operation:
    """Writes the operation, or joins the one that waits already (for a renewal: that extends the same end date).

    Call it inside the caller's transaction; the wake-up goes out after commit.
    """
    waiting = Operation.objects.filter(service=service, kind=kind, status__in=WAITING_STATUSES)
    if waiting_id := waiting.values_list("pk", flat=True).first():
        return _join(Operation.objects.get(pk=waiting_id), params, run_after=run_after or now)
    operation = Operation(
        service=service,
        server_id=service.server_id,
        kind=kind,
        status=OperationStatus.HELD if hold_reason else OperationStatus.QUEUED,
        hold_reason=hold_reason,
        params=dict(params or {}),
        extends_from=extends_from,
        run_after=run_after or now,
        requested_by=actor,
        created_at=now,
    )
    return _write(operation, service, now=now)


def _write(operation: Operation, service: Service, *, now: datetime) -> Operation:
    """A new operation, or the one that somebody else wrote meanwhile."""
    try:
        with transaction.atomic():
            operation.save(force_insert=True)
    except IntegrityError:
        return _existing(service, OperationKind(operation.kind), operation.extends_from)
    actor, data = operation.requested_by, {"kind": operation.kind}
    record_event("operation.queued", now=now, actor=actor, service=service, operation=operation, data=data)
    if operation.status == OperationStatus.QUEUED:
        wake_operation(operation.pk, after=operation.run_after - now)
    return operation


def _join(waiting: Operation, params: Mapping[str, Any] | None, *, run_after: datetime) -> Operation:
    """A waiting change takes the newest values: only they are wanted. A reading that is due later comes forward."""
    if waiting.kind == OperationKind.SYNC:
        mine = Operation.objects.filter(pk=waiting.pk, status=OperationStatus.QUEUED, run_after__gt=run_after)
        mine.update(run_after=run_after)
    if params and waiting.kind == OperationKind.CHANGE and not waiting.was_sent:
        waiting.params = dict(params)
        Operation.objects.filter(pk=waiting.pk, status__in=WAITING_STATUSES).update(params=waiting.params)
    wake_operation(waiting.pk)
    return waiting


def _existing(service: Service, kind: OperationKind, extends_from: date | None) -> Operation:
    same = Operation.objects.filter(service=service, kind=kind)
    if kind == OperationKind.RENEW:
        renewal = same.filter(extends_from=extends_from).exclude(status__in=["FAILED", "CANCELLED"]).first()
        if renewal is not None:
            return renewal
    return same.filter(status__in=WAITING_STATUSES).latest("id")


def queue_create(*, service: Service, now: datetime, actor: str = "", is_automatic: bool = True) -> Operation:
    """Queues the purchase of a service. An automatic one is checked again for payment when it is claimed.

    Raises AlreadyProvisioned while an id at the partner is held.
    """
    locked = Service.objects.select_for_update().get(pk=service.pk)
    if locked.remote_id:
        raise AlreadyProvisioned(f"Service {service.pk} holds {locked.remote_id} at the partner.")
    purchases = Operation.objects.filter(service=service, kind=OperationKind.CREATE)
    running = purchases.filter(status__in=UNDERWAY_STATUSES).first()
    if running is not None:
        return running
    waiting = purchases.filter(status__in=WAITING_STATUSES).first()
    if waiting is not None and not is_automatic:
        return let_go(operation=waiting, now=now)
    return queue_operation(
        service=locked, kind=OperationKind.CREATE, now=now, actor=actor, params={"automatic": is_automatic}
    )


def let_go(*, operation: Operation, now: datetime) -> Operation:
    """An operator's word: the waiting operation runs now, on a disabled server too."""
    operation.params = {**operation.params, "automatic": False}
    operation.status, operation.hold_reason, operation.run_after = OperationStatus.QUEUED, "", now
    Operation.objects.filter(pk=operation.pk, status__in=WAITING_STATUSES).update(
        params=operation.params, status=operation.status, hold_reason="", run_after=now
    )
    wake_operation(operation.pk)
    return operation


def release_operation(*, operation: Operation, now: datetime) -> None:
    """HELD → QUEUED: what it waited for has come. Judged again when a worker claims it."""
    changed = Operation.objects.filter(pk=operation.pk, status=OperationStatus.HELD).update(
        status=OperationStatus.QUEUED, hold_reason="", run_after=now
    )
    if changed:
        wake_operation(operation.pk)


def queue_renewal_if_due(*, service: Service, now: datetime, actor: str = "") -> Operation | None:
    """Rule of cover: buy a period when what the client paid reaches further than the partner's end date.

    Judged when a payment arrives, when a renewal is done (one payment may cover several periods) and nightly.
    """
    if not service.remote_id or service.is_ended or service.expires_on is None or service.paid_until is None:
        return None
    if service.status == ServiceStatus.PENDING:  # bought and not issued yet: its dates are not final
        return None
    period = CYCLE_MONTHS.get(Cycle(service.cycle))
    if period is None or service.paid_until <= service.expires_on + settings.RENEWAL_TOLERANCE:
        return None
    renewals = _RENEWALS(service.pk)
    if any(one.params.get("given_up") and one.extends_from == service.expires_on for one in renewals):
        return None  # nobody knows whether it was paid: only a person asks for it again
    for waiting in renewals:
        if waiting.status in WAITING_STATUSES:
            return _join(waiting, None, run_after=now)
    operation = Operation(
        service=service,
        server_id=service.server_id,
        kind=OperationKind.RENEW,
        params={"period": period},
        extends_from=service.expires_on,
        run_after=now,
        requested_by=actor,
        created_at=now,
    )
    return _write(operation, service, now=now)


def cancel_waiting(*, service: Service, now: datetime, actor: str, kinds: tuple[OperationKind, ...]) -> None:
    """Cancels what waits and was never sent; what was sent goes on and is judged by its outcome."""
    for operation in Operation.objects.select_for_update().filter(
        service=service, kind__in=kinds, status__in=WAITING_STATUSES, first_sent_at=None
    ):
        Operation.objects.filter(pk=operation.pk).update(
            status=OperationStatus.CANCELLED, finished_at=now, hold_reason="", lease_expires_at=None
        )
        record_event("operation.cancelled", now=now, actor=actor, service=service, operation=operation)


def release_children(*, parent: Service, now: datetime) -> None:
    """The license is there: what waits for it goes on at once, in the transaction that gave it its number."""
    waiting = Operation.objects.filter(
        service__parent=parent, status=OperationStatus.HELD, hold_reason=HoldReason.PARENT_MISSING
    )
    for operation in waiting.order_by("id"):
        release_operation(operation=operation, now=now)


def release_held(*, now: datetime, reasons: tuple[HoldReason, ...], server_id: int | None = None) -> int:
    """Lets held operations go (back to QUEUED) and wakes workers; returns how many."""
    held = Operation.objects.filter(status=OperationStatus.HELD, hold_reason__in=reasons)
    if server_id is not None:
        held = held.filter(server_id=server_id)
    operations = list(held.order_by("id"))
    for operation in operations:
        release_operation(operation=operation, now=now)
    return len(operations)
