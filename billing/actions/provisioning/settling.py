"""A person decides: try again, resolve what the evidence left open, or cancel what was never sent."""

from datetime import datetime
from typing import Literal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

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
from billing.queries.pool import pooled_ids, taken_license
from billing.wakeups import wake_operation
from noc.models import AccountHealth
from noc.servers import note_health

Decision = Literal["bought", "not_bought"]


class OperationNotOpen(Exception):
    """The operation is not in a state that allows this."""


class ResolveInvalid(Exception):
    """The decision lacks something; `errors` maps fields to messages."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = errors


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
            return _queue_afresh(locked, actor=actor, now=now)
    raise OperationNotOpen(_("This operation is finished."))


def _trust_account_again(operation: Operation, *, now: datetime) -> None:
    """An operator who says "now" has seen to the account; should it refuse again, it is held again."""
    if operation.server is not None and operation.hold_reason in (HoldReason.ACCOUNT_REFUSED, HoldReason.NO_MONEY):
        note_health(operation.server, health=AccountHealth.OK, message="", now=now)


def _queue_afresh(failed: Operation, *, actor: str, now: datetime) -> Operation:
    if failed.kind == OperationKind.CREATE:
        return queue_create(service=failed.service, now=now, actor=actor, is_automatic=False)
    return queue_operation(
        service=failed.service,
        kind=OperationKind(failed.kind),
        now=now,
        actor=actor,
        params=failed.params,
        extends_from=failed.extends_from,
    )


def resolve_operation(
    *, operation: Operation, decision: Decision, actor: str, now: datetime, remote_id: str = ""
) -> Operation:
    """Ends NEEDS_CHECK by a person's word.

    A purchase that was bought is adopted by its number at the partner, after that number is read there; one that was
    not bought is sent again. A renewal: "bought" closes it (a sync brings the date), "not_bought" fails it, so that a
    new one may be queued. Raises OperationNotOpen, ResolveInvalid.
    """
    with transaction.atomic():
        Service.objects.select_for_update().get(pk=operation.service_id)
        locked = Operation.objects.select_for_update().select_related("service").get(pk=operation.pk)
        if locked.status != OperationStatus.NEEDS_CHECK:
            raise OperationNotOpen(_("Only an operation that needs a person can be resolved."))
        changes = _decide(locked, decision, remote_id.strip(), now=now)
        Operation.objects.filter(pk=locked.pk).update(lease_expires_at=None, **changes)
        record_event(
            "operation.resolved",
            now=now,
            actor=actor,
            service=locked.service,
            operation=locked,
            data={"decision": decision, "remote_id": remote_id},
        )
        wake_operation(locked.pk)
    locked.refresh_from_db()
    return locked


def _decide(operation: Operation, decision: Decision, remote_id: str, *, now: datetime) -> dict[str, object]:
    if operation.kind == OperationKind.CREATE and decision == "bought":
        return _adopt(operation, remote_id, now=now)
    if operation.kind == OperationKind.CREATE:
        # Sent again with its snapshot kept: should it have come late after all, it is adopted, not bought twice.
        return {
            "status": OperationStatus.QUEUED,
            "run_after": now,
            "remote_id": "",
            "sent_at": None,
            "sent_attempt": None,
            "resends": operation.resends + 1,
        }
    if decision == "bought":
        return {
            "status": OperationStatus.DONE,
            "finished_at": now,
            "message": gettext_noop("Closed by a person: it was done."),
            "message_values": {},
        }
    return {
        "status": OperationStatus.FAILED,
        "finished_at": now,
        "message": gettext_noop("Closed by a person: it was not done."),
        "message_values": {},
    }


def _adopt(operation: Operation, remote_id: str, *, now: datetime) -> dict[str, object]:
    if not remote_id.isdecimal():
        raise ResolveInvalid({"remote_id": [_("Enter the number of the license at the partner.")]})
    taken = taken_license(operation)
    if taken is not None and taken.remote_id != remote_id:
        words = {"number": taken.remote_id}
        raise ResolveInvalid(
            {"remote_id": [_("This purchase has taken %(number)s out of the pool: name that.") % words]}
        )
    if taken is None and operation.server is not None and remote_id in pooled_ids(operation.server):
        raise ResolveInvalid({"remote_id": [_("This license is in the pool: it was not bought by this order.")]})
    # A license that was in the pool has had owners before: they have ended.
    holder = (
        Service.objects.not_ended()
        .filter(server=operation.server, kind=operation.service.kind, remote_id=remote_id)
        .exclude(pk=operation.service_id)
    )
    if holder.exists():
        raise ResolveInvalid({"remote_id": [_("Another service holds this number.")]})
    snapshot = [known for known in operation.snapshot or [] if known != remote_id]
    return {"status": OperationStatus.CHECKING, "run_after": now, "remote_id": remote_id, "snapshot": snapshot}


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
