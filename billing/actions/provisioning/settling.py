"""A person decides: try again, or cancel what was never sent. What the evidence left open: `resolving`."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.queueing import let_go, queue_create, queue_operation
from billing.models import (
    WAITING_STATUSES,
    HoldReason,
    Operation,
    OperationKind,
    OperationStatus,
    Service,
)
from billing.wakeups import wake_operation
from noc.models import AccountHealth
from noc.servers import note_health


class OperationNotOpen(Exception):
    """The operation is not in a state that allows this."""


def retry_operation(*, operation: Operation, actor: str, now: datetime) -> Operation:
    """HELD and QUEUED run now; NEEDS_CHECK looks again (it never sends); FAILED is queued afresh as a new operation.

    Raises OperationNotOpen.
    """
    with transaction.atomic():
        Service.objects.select_for_update().get(pk=operation.service_id)
        locked = Operation.objects.select_for_update().select_related("service").get(pk=operation.pk)
        record_event("operation.retried", now=now, actor=actor, service=locked.service, operation=locked)
        if locked.status in WAITING_STATUSES:
            _trust_account_again(locked, now=now)
            return let_go(operation=locked, now=now)
        if locked.status in (OperationStatus.NEEDS_CHECK, OperationStatus.CHECKING):
            Operation.objects.filter(pk=locked.pk).update(
                status=OperationStatus.CHECKING, run_after=now, looks=0, looked_at=now, lease_expires_at=None
            )
            wake_operation(locked.pk)
            return locked
        if locked.status == OperationStatus.FAILED:
            return queue_afresh(locked, actor=actor, now=now)
    raise OperationNotOpen(_("This operation is finished."))


def _trust_account_again(operation: Operation, *, now: datetime) -> None:
    """An operator who says "now" has seen to the account; should it refuse again, it is held again."""
    if operation.server is not None and operation.hold_reason in (HoldReason.ACCOUNT_REFUSED, HoldReason.NO_MONEY):
        note_health(operation.server, health=AccountHealth.OK, message="", now=now)


def queue_afresh(failed: Operation, *, actor: str, now: datetime) -> Operation:
    """The same once more, as a new operation; a renewal that has been done since is found instead."""
    if failed.kind == OperationKind.CREATE:
        return queue_create(service=failed.service, now=now, actor=actor, is_automatic=False)
    return queue_operation(
        service=failed.service,
        kind=OperationKind(failed.kind),
        now=now,
        actor=actor,
        params={name: value for name, value in failed.params.items() if name != "given_up"},
        extends_from=failed.extends_from,
    )


def cancel_operation(*, operation: Operation, actor: str, now: datetime) -> Operation:
    """CANCELLED, only if nothing was ever sent. Raises OperationNotOpen."""
    with transaction.atomic():
        Service.objects.select_for_update().get(pk=operation.service_id)
        changed = Operation.objects.filter(pk=operation.pk, status__in=WAITING_STATUSES, first_sent_at=None).update(
            status=OperationStatus.CANCELLED, finished_at=now, hold_reason="", message="", message_values={}
        )
        if not changed:
            raise OperationNotOpen(_("It was sent already, or is running: it cannot be cancelled."))
        operation.refresh_from_db()
        record_event("operation.cancelled", now=now, actor=actor, service=operation.service, operation=operation)
    return operation
