"""Steps ⑦–⑧: the intent before a call with effects, and every way an attempt can end. One named function each.

Each carries the attempt number in its WHERE: a worker that comes back late finds ClaimLost and changes nothing.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_noop

from billing.actions.events import record_event
from billing.actions.notifications import notify_operators
from billing.actions.provisioning.claiming import Claim, Hold, is_moot
from billing.models import (
    WAITING_STATUSES,
    HoldReason,
    Operation,
    OperationAttempt,
    OperationKind,
    OperationStatus,
    Service,
)
from billing.queries.pool import taken_license
from billing.wakeups import wake_operation
from noc.errors import PartnerError
from noc.models import AccountHealth
from noc.servers import note_health

FIRST_RETRY = timedelta(seconds=5)
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=3), timedelta(minutes=5)


class ClaimLost(Exception):
    """Another worker holds the operation now; nothing of this attempt may be written."""


class NoLongerWanted(Exception):
    """The order was cancelled since this attempt began, and nothing was sent."""


class PurchaseUnderway(Exception):
    """Another paying call with the same match key is open: this one waits for it."""


def words_of(error: PartnerError) -> dict[str, str]:
    """The values that fill a message about a partner error; the text is the partner's own, in English."""
    return {"detail": error.message}


def change_claimed(claim: Claim, **values: Any) -> None:
    """Writes to the operation if this attempt still holds it. Raises ClaimLost."""
    changed = Operation.objects.filter(
        pk=claim.operation.pk,
        attempt=claim.attempt.number,
        status__in=[OperationStatus.RUNNING, OperationStatus.CHECKING],
    ).update(**values)
    if not changed:
        raise ClaimLost(f"Attempt {claim.attempt.number} of operation {claim.operation.pk} is no longer ours.")
    for name, value in values.items():
        if not hasattr(value, "resolve_expression"):
            setattr(claim.operation, name, value)


def keep_claim(claim: Claim, *, now: datetime) -> None:
    """Right before a call with effects: the lease starts anew, however long the reading took. Raises ClaimLost."""
    change_claimed(claim, lease_expires_at=now + settings.OPERATION_LEASE)


def write_intent(claim: Claim, *, match_key: str, snapshot: Sequence[str], now: datetime) -> None:
    """Commits what is about to be sent, so that whoever comes after a crash knows that it may have been.

    The first snapshot is kept when a purchase is sent again. Raises PurchaseUnderway, NoLongerWanted or ClaimLost.
    """
    operation = claim.operation
    kept = operation.snapshot if operation.was_sent and operation.snapshot is not None else list(snapshot)
    try:
        with transaction.atomic():
            Service.objects.select_for_update().get(pk=claim.service.pk)
            if is_moot(operation):
                raise NoLongerWanted(str(operation))
            change_claimed(
                claim,
                match_key=match_key,
                snapshot=kept,
                sent_at=now,
                # The lease starts anew: however long the lists took, the paying call ends within it.
                lease_expires_at=now + settings.OPERATION_LEASE,
                sent_attempt=claim.attempt.number,
                first_sent_at=Coalesce("first_sent_at", now),
                looks=0,
                looked_at=None,
            )
    except IntegrityError as error:
        raise PurchaseUnderway(match_key) from error
    operation.first_sent_at = operation.first_sent_at or now


def withdraw_intent(claim: Claim) -> dict[str, Any]:
    """Values that take the intent back: the call is known not to have done anything.

    A purchase that holds a license of the pool stays one that was sent, so that nobody cancels it meanwhile.
    """
    if taken_license(claim.operation) is not None:
        return {"sent_at": None, "sent_attempt": None}
    return forget_intent(claim)


def forget_intent(claim: Claim) -> dict[str, Any]:
    """Values of an operation that has sent nothing; one that was sent again keeps what it knows of the first time."""
    if claim.operation.resends:
        return {"sent_at": None, "sent_attempt": None}
    return {"match_key": "", "snapshot": None, "sent_at": None, "sent_attempt": None, "first_sent_at": None}


def finish(
    claim: Claim, *, status: OperationStatus, now: datetime, message: str = "", values: dict[str, str] | None = None
) -> None:
    """Settles the operation (DONE or FAILED); call it in the transaction that changes the service."""
    change_claimed(
        claim,
        status=status,
        finished_at=now,
        lease_expires_at=None,
        message=message,
        message_values=values or {},
    )
    _end_attempt(claim, outcome=status, message=message, values=values, now=now)
    name = "operation.done" if status == OperationStatus.DONE else "operation.failed"
    event = record_event(
        name,
        now=now,
        service=claim.service,
        operation=claim.operation,
        data={"kind": claim.operation.kind, "message": message, "values": values or {}},
    )
    if status == OperationStatus.FAILED:
        notify_operators(event, now=now)
    wake_next(claim, now=now)


def fail(claim: Claim, *, now: datetime, message: str, values: dict[str, str] | None = None) -> None:
    """FAILED: the partner refused, no money moved, people are told; nothing of the service changes."""
    with transaction.atomic():
        Service.objects.select_for_update().get(pk=claim.service.pk)
        finish(claim, status=OperationStatus.FAILED, now=now, message=message, values=values)


def requeue(
    claim: Claim,
    *,
    now: datetime,
    message: str,
    values: dict[str, str] | None = None,
    wait: timedelta | None = None,
    **changes: Any,
) -> None:
    """Back to QUEUED: nothing was done. Waits longer each time, with jitter, up to OPERATION_RETRY_LIMIT."""
    run_after = now + (wait if wait is not None else backoff(claim.operation.attempt))
    with transaction.atomic():
        Service.objects.select_for_update().get(pk=claim.service.pk)
        _absorb_twin(claim, now=now)
        change_claimed(
            claim,
            status=OperationStatus.QUEUED,
            lease_expires_at=None,
            run_after=run_after,
            message=message,
            message_values=values or {},
            **changes,
        )
        _end_attempt(claim, outcome=OperationStatus.QUEUED, message=message, values=values, now=now)
        wake_operation(claim.operation.pk, after=run_after - now)
        wake_next(claim, now=now)


def hold(claim: Claim, hold: Hold, *, now: datetime, values: dict[str, str] | None = None, **changes: Any) -> None:
    """HELD: waits for an event or an operator, and says for what."""
    with transaction.atomic():
        Service.objects.select_for_update().get(pk=claim.service.pk)
        _absorb_twin(claim, now=now)
        change_claimed(
            claim,
            status=OperationStatus.HELD,
            hold_reason=hold.reason,
            lease_expires_at=None,
            message=hold.message,
            message_values=values or {},
            **changes,
        )
        _end_attempt(claim, outcome=OperationStatus.HELD, message=hold.message, values=values, now=now)
        event = record_event(
            "operation.held",
            now=now,
            service=claim.service,
            operation=claim.operation,
            data={"reason": hold.reason, "values": values or {}},
        )
        notify_operators(event, now=now)
        wake_next(claim, now=now)


def hold_account(claim: Claim, error: PartnerError, *, reason: HoldReason, now: datetime, **changes: Any) -> None:
    """Auth errors and no money concern the whole account: its other operations wait too, without asking again."""
    server = claim.operation.server
    health = AccountHealth.REFUSED if reason == HoldReason.ACCOUNT_REFUSED else AccountHealth.NO_MONEY
    message = (
        gettext_noop("The partner refuses the login of this account: %(detail)s")
        if reason == HoldReason.ACCOUNT_REFUSED
        else gettext_noop("The partner account is out of money: %(detail)s")
    )
    if server is not None:
        note_health(server, health=health, message=error.message, now=now)
    hold(claim, Hold(reason, message), now=now, values=words_of(error), **changes)


def check_later(
    claim: Claim,
    *,
    now: datetime,
    run_after: datetime,
    message: str,
    values: dict[str, str] | None = None,
    **changes: Any,
) -> None:
    """CHECKING: a call was sent and its outcome is unknown; from now on the operation only looks."""
    with transaction.atomic():
        change_claimed(
            claim,
            status=OperationStatus.CHECKING,
            lease_expires_at=None,
            run_after=run_after,
            message=message,
            message_values=values or {},
            **changes,
        )
        _end_attempt(claim, outcome=OperationStatus.CHECKING, message=message, values=values, now=now)
        wake_operation(claim.operation.pk, after=run_after - now)
        wake_next(claim, now=now)


def check_patiently(claim: Claim, *, now: datetime, message: str, values: dict[str, str] | None = None) -> None:
    """CHECKING at growing intervals: it is being done or may be asked again. A person after NOC_PROCESSING_PATIENCE."""
    waited = now - (claim.operation.first_sent_at or now)
    if waited > settings.NOC_PROCESSING_PATIENCE:
        need_person(claim, now=now, message=message, values=values)
        return
    wait = min(max(waited / 2, SHORTEST_WAIT), LONGEST_WAIT)
    check_later(claim, now=now, run_after=now + wait, message=message, values=values)


def need_person(claim: Claim, *, now: datetime, message: str, values: dict[str, str] | None = None) -> None:
    """NEEDS_CHECK: the evidence does not decide; a person does, and is told."""
    with transaction.atomic():
        change_claimed(
            claim,
            status=OperationStatus.NEEDS_CHECK,
            lease_expires_at=None,
            message=message,
            message_values=values or {},
        )
        _end_attempt(claim, outcome=OperationStatus.NEEDS_CHECK, message=message, values=values, now=now)
        event = record_event(
            "operation.needs_check",
            now=now,
            service=claim.service,
            operation=claim.operation,
            data={"message": message, "values": values or {}},
        )
        notify_operators(event, now=now)
        wake_next(claim, now=now)


def backoff(attempt: int) -> timedelta:
    """5 s, 10 s, 20 s … up to OPERATION_RETRY_LIMIT, each between half and the whole of it."""
    longest: timedelta = min(FIRST_RETRY * 2 ** min(attempt - 1, 20), settings.OPERATION_RETRY_LIMIT)
    return longest * (0.5 + secrets.randbelow(500) / 1000)


def wake_next(claim: Claim, *, now: datetime) -> None:
    """A place on the account is free: wake what waits there longest, and what waits for this service."""
    waiting = Operation.objects.due(now=now).filter(status=OperationStatus.QUEUED)
    for candidates in (waiting.filter(service=claim.service), waiting.filter(server=claim.operation.server)):
        next_id = (
            candidates.exclude(pk=claim.operation.pk).order_by("run_after", "id").values_list("pk", flat=True).first()
        )
        if next_id is not None:
            wake_operation(next_id)


def _absorb_twin(claim: Claim, *, now: datetime) -> None:
    """While this one ran, the same was queued again: one waiting operation is enough."""
    twins = Operation.objects.filter(
        service=claim.service, kind=claim.operation.kind, status__in=WAITING_STATUSES, first_sent_at=None
    ).exclude(pk=claim.operation.pk)
    newest = twins.order_by("-id").first()
    if newest is not None and claim.operation.kind == OperationKind.CHANGE:
        # Only the newest values are wanted; they are always the whole set.
        change_claimed(claim, params=newest.params)
    twins.update(
        status=OperationStatus.CANCELLED,
        finished_at=now,
        hold_reason="",
        message=gettext_noop("Joined to operation %(number)s."),
        message_values={"number": str(claim.operation.pk)},
    )


def _end_attempt(claim: Claim, *, outcome: str, message: str, values: dict[str, str] | None, now: datetime) -> None:
    OperationAttempt.objects.filter(pk=claim.attempt.pk).update(
        ended_at=now, outcome=outcome, message=message, message_values=values or {}
    )
