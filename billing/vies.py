"""The EU register of VAT numbers (VIES), by its REST interface: one question, one answer that can be kept as evidence.

The interface answers 200 with `valid`, or with `actionSucceed: false` and the names of errors where it, or the register
of the member state behind it, cannot be asked; both spellings of the question's outcome are read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from billing.models import VatState
from billing.outbound import OutboundUnavailable, post_json

# Errors that say something of the number; all others are about the register's own state.
_WRONG_NUMBER: Final = frozenset({"INVALID", "INVALID_INPUT"})
_NOTHING_SHOWN: Final = "---"


@dataclass(frozen=True, slots=True)
class RegisterAnswer:
    """What the register said: VALID, INVALID, or PENDING where it could not be asked (`error` says why)."""

    state: VatState
    request_id: str = ""
    name: str = ""
    address: str = ""
    error: str = ""


def ask_register(url: str, *, number: str, requester: str, seconds: float) -> RegisterAnswer:
    """Asks about `number`, with the letters of its country (EL for Greece); `requester` is the asker's own, or "".

    Only with an asker's number does the register give a consultation number. An outage is PENDING, not an error.
    """
    question = {"countryCode": number[:2], "vatNumber": number[2:]}
    if len(requester) > 2:
        question |= {"requesterMemberStateCode": requester[:2], "requesterNumber": requester[2:]}
    try:
        answer = post_json(url, question, seconds=seconds)
    except OutboundUnavailable as error:
        return RegisterAnswer(VatState.PENDING, error=str(error))
    return _read(answer)


def _read(answer: Any) -> RegisterAnswer:
    if not isinstance(answer, Mapping):
        return RegisterAnswer(VatState.PENDING, error="No answer that can be read")
    error = _find_error(answer)
    if error in _WRONG_NUMBER:
        return RegisterAnswer(VatState.INVALID, error=error)
    is_valid = answer.get("valid", answer.get("isValid"))
    if error or not isinstance(is_valid, bool):
        return RegisterAnswer(VatState.PENDING, error=error or "No answer that can be read")
    return RegisterAnswer(
        VatState.VALID if is_valid else VatState.INVALID,
        request_id=_text(answer, "requestIdentifier")[:50],
        name=_text(answer, "name")[:255],
        address=_text(answer, "address")[:1000],
    )


def _find_error(answer: Mapping[str, Any]) -> str:
    wrappers = answer.get("errorWrappers")
    if isinstance(wrappers, list) and wrappers and isinstance(wrappers[0], Mapping):
        return str(wrappers[0].get("error", ""))[:100] or "Unknown error"
    said = str(answer.get("userError") or "")
    return "" if said in ("", "VALID") else said[:100]


def _text(answer: Mapping[str, Any], name: str) -> str:
    text = str(answer.get(name) or "").strip()
    return "" if text == _NOTHING_SHOWN else text
