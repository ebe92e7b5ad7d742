"""What is kept of a call to the partner, secrets removed."""

from dataclasses import dataclass

from noc.errors import (
    AuthFailed,
    InsufficientFunds,
    NotFound,
    OutcomeUnknown,
    PartnerError,
    ProtocolError,
    Rejected,
    Unavailable,
)
from noc.wire import Node


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One HTTP call, secrets removed. The words of `outcome` are those of `name_outcome`."""

    func: str
    params: dict[str, str]
    status_code: int | None
    duration_ms: int
    outcome: str
    response: str
    reference: str


def ignore(record: CallRecord) -> None:
    """Keeps no record."""


def name_outcome(answer: Node | bytes | PartnerError) -> str:
    """One word for the record: ok, unavailable, unknown, missing, rejected, refused, money or protocol."""
    if not isinstance(answer, PartnerError):
        return "ok"
    names: tuple[tuple[type[PartnerError], str], ...] = (
        (Unavailable, "unavailable"),
        (OutcomeUnknown, "unknown"),
        (NotFound, "missing"),
        (Rejected, "rejected"),
        (AuthFailed, "refused"),
        (InsufficientFunds, "money"),
        (ProtocolError, "protocol"),
    )
    return next(name for kind, name in names if isinstance(answer, kind))
