"""What pages tell of operations: attempt by attempt, with the partner's calls of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from billing.actions.provisioning.candidates import Candidate, RenewalDates, look_for_candidates, read_end_dates
from billing.models import Operation, OperationAttempt, OperationKind, OperationStatus
from noc.errors import NotFound, PartnerError
from noc.models import CallLog

# How often a page looks again, in seconds; what waits for a person changes rarely, what is settled never.
_POLLING: Final[dict[str, int]] = {
    OperationStatus.QUEUED: 2,
    OperationStatus.RUNNING: 2,
    OperationStatus.CHECKING: 5,
    OperationStatus.HELD: 15,
    OperationStatus.NEEDS_CHECK: 15,
}


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the partner showed: `candidates` of a purchase, `dates` of a renewal, or `trouble` in words."""

    candidates: list[Candidate] | None = None
    dates: RenewalDates | None = None
    trouble: str = ""


def look_at_partner(operation: Operation) -> Look:
    """Reads there, shortly, while a person waits. Nothing is sent."""
    try:
        if operation.kind == OperationKind.CREATE:
            return Look(candidates=look_for_candidates(operation))
        return Look(dates=read_end_dates(operation))
    except NotFound:
        words = _("There is no service %(number)s at the partner.")
        return Look(trouble=words % {"number": operation.service.remote_id})
    except (PartnerError, ValueError) as error:
        return Look(trouble=_("The partner could not be asked: %(why)s") % {"why": error})


@dataclass(frozen=True, slots=True)
class AttemptStory:
    """One attempt and the calls that it made, in their order."""

    attempt: OperationAttempt
    calls: list[CallLog]


@dataclass(frozen=True, slots=True)
class OperationStory:
    """An operation with its attempts, the newest first."""

    operation: Operation
    attempts: list[AttemptStory]


def poll_seconds(operation: Operation) -> int:
    """How often to look whether the operation has moved; 0: never."""
    return _POLLING.get(operation.status, 0)


def attempts_with_calls(operations: Sequence[Operation]) -> list[OperationStory]:
    """The stories of operations whose `history` was prefetched; one query for all their calls."""
    attempts = [attempt for operation in operations for attempt in operation.history.all()]
    calls: dict[str, list[CallLog]] = {}
    for call in CallLog.objects.filter(reference__in=[attempt.call_reference for attempt in attempts]).order_by("id"):
        calls.setdefault(call.reference, []).append(call)
    return [
        OperationStory(
            operation,
            [AttemptStory(attempt, calls.get(attempt.call_reference, [])) for attempt in operation.history.all()],
        )
        for operation in operations
    ]
