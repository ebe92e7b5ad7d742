"""What pages tell of operations: attempt by attempt, with the partner's calls of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from billing.models import Operation, OperationAttempt, OperationStatus
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
