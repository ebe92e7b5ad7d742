"""A person's word on what the evidence left open (NEEDS_CHECK): take it over, it was not done, or give up."""

from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.actions.events import record_event
from billing.actions.provisioning.candidates import read_candidate
from billing.actions.provisioning.settling import OperationNotOpen, queue_afresh
from billing.actions.queueing import queue_operation
from billing.models import Operation, OperationKind, OperationStatus, Service
from billing.queries.pool import pooled_ids, taken_license
from billing.wakeups import wake_operation
from noc.errors import PartnerError

Decision = Literal["adopt", "not_bought", "give_up"]


class ResolveInvalid(Exception):
    """The decision lacks something; `errors` maps fields to messages."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = errors


def resolve_operation(
    *,
    operation: Operation,
    decision: Decision,
    actor: str,
    now: datetime,
    remote_id: str = "",
    insist: bool = False,
    reason: str = "",
) -> Operation:
    """Ends NEEDS_CHECK by a person's word; returns the operation that goes on, a new one where it is tried again.

    adopt: a purchase takes over `remote_id`, once it was read at the partner and judged by the rules of adoption;
    what they speak against needs `insist`. Anything else was done: a sync brings what the partner shows.
    not_bought: a purchase is sent again; anything else is closed as failed and queued afresh.
    give_up: FAILED with `reason`; nothing more is sent by itself, not even a renewal that is paid for.
    Raises OperationNotOpen, ResolveInvalid.
    """
    remote_id, reason = remote_id.strip(), reason.strip()
    _check_open(operation)
    if decision == "give_up" and not reason:
        raise ResolveInvalid({"reason": [_("Say why, for those who come after you.")]})
    if decision == "adopt" and operation.kind == OperationKind.CREATE:
        _verify(operation, remote_id, insist=insist)
    with transaction.atomic():
        Service.objects.select_for_update().get(pk=operation.service_id)
        locked = (
            Operation.objects.select_for_update(of=("self",)).select_related("service", "server").get(pk=operation.pk)
        )
        _check_open(locked)
        data = {"decision": decision, "remote_id": remote_id, "reason": reason, "insist": insist or ""}
        record_event("operation.resolved", now=now, actor=actor, service=locked.service, operation=locked, data=data)
        going_on = _resolve(locked, decision, remote_id, reason, actor=actor, now=now)
        wake_operation(going_on.pk)
    going_on.refresh_from_db()
    return going_on


def _check_open(operation: Operation) -> None:
    if operation.status != OperationStatus.NEEDS_CHECK:
        raise OperationNotOpen(_("Only an operation that needs a person can be resolved."))


def _verify(operation: Operation, remote_id: str, *, insist: bool) -> None:
    """Reads the number at the partner; no transaction is open. Raises ResolveInvalid."""
    if not (remote_id.isascii() and remote_id.isdecimal()):
        raise ResolveInvalid({"remote_id": [_("Enter the number of the license at the partner.")]})
    try:
        candidate = read_candidate(operation, remote_id)
    except (PartnerError, ValueError) as error:
        words = _("The partner could not be asked, so nothing was decided: %(why)s") % {"why": error}
        raise ResolveInvalid({"remote_id": [words]}) from error
    if candidate is None:
        words = _("There is no service %(number)s at the partner.") % {"number": remote_id}
        raise ResolveInvalid({"remote_id": [words]})
    taken = taken_license(operation)
    if taken is not None and taken.remote_id == remote_id:
        return
    if candidate.objection and not candidate.can_be_adopted:
        raise ResolveInvalid({"remote_id": [candidate.objection]})
    if candidate.objection and not insist:
        words = _("%(why)s Tick this only if you are certain that it belongs to this service all the same.")
        raise ResolveInvalid({"insist": [words % {"why": candidate.objection}]})


def _resolve(
    operation: Operation, decision: Decision, remote_id: str, reason: str, *, actor: str, now: datetime
) -> Operation:
    """The operation that goes on."""
    is_purchase = operation.kind == OperationKind.CREATE
    if decision == "give_up":
        words = gettext_noop("Given up by a person: %(reason)s")
        given_up = {**operation.params, "given_up": True}
        _close(operation, OperationStatus.FAILED, words, now=now, values={"reason": reason}, params=given_up)
        return operation
    if decision == "adopt":
        if is_purchase:
            _change(operation, **_adoption(operation, remote_id, now=now))
            return operation
        _close(operation, OperationStatus.DONE, gettext_noop("Closed by a person: it was done."), now=now)
        return queue_operation(service=operation.service, kind=OperationKind.SYNC, now=now, actor=actor)
    if is_purchase:
        # Sent again with its snapshot kept: should it have come late after all, it is adopted, not bought twice.
        unsent = {"remote_id": "", "sent_at": None, "sent_attempt": None, "resends": operation.resends + 1}
        _change(operation, status=OperationStatus.QUEUED, run_after=now, **unsent)
        return operation
    _close(operation, OperationStatus.FAILED, gettext_noop("Closed by a person: it was not done."), now=now)
    return queue_afresh(operation, actor=actor, now=now)


def _change(operation: Operation, **changes: Any) -> None:
    Operation.objects.filter(pk=operation.pk).update(lease_expires_at=None, **changes)


def _close(
    operation: Operation,
    status: OperationStatus,
    message: str,
    *,
    now: datetime,
    values: dict[str, str] | None = None,
    **changes: Any,
) -> None:
    _change(operation, status=status, finished_at=now, message=message, message_values=values or {}, **changes)


def _adoption(operation: Operation, remote_id: str, *, now: datetime) -> dict[str, Any]:
    """CHECKING with the number: a worker reads it once more and takes it over. Raises ResolveInvalid."""
    taken = taken_license(operation)
    if taken is not None and taken.remote_id != remote_id:
        words = _("This purchase has taken %(number)s out of the pool: name that.")
        raise ResolveInvalid({"remote_id": [words % {"number": taken.remote_id}]})
    if taken is None and operation.server is not None and remote_id in pooled_ids(operation.server):
        raise ResolveInvalid({"remote_id": [_("This license is in the pool: it was not bought by this order.")]})
    # A license that was in the pool has had owners before: they have ended.
    same = Service.objects.not_ended().filter(server=operation.server, kind=operation.service.kind, remote_id=remote_id)
    if same.exclude(pk=operation.service_id).exists():
        raise ResolveInvalid({"remote_id": [_("Another service holds this number.")]})
    snapshot = [known for known in operation.snapshot or [] if known != remote_id]
    return {"status": OperationStatus.CHECKING, "run_after": now, "remote_id": remote_id, "snapshot": snapshot}
