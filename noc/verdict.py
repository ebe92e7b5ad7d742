"""What an error of the partner means for a call: which branch of `noc.errors` it is (partner-api.md §4)."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from noc.errors import (
    AuthFailed,
    InsufficientFunds,
    NotFound,
    NotReady,
    OutcomeUnknown,
    PartnerError,
    ProtocolError,
    Rejected,
    TooEarly,
)
from noc.schemas import parse_date
from noc.wire import BUSY, Fault

NO_MONEY_TEXT: Final = re.compile(r"insufficient funds|not enough (?:money|funds)|недостаточно (?:средств|денег)", re.I)
NO_MONEY_CODE: Final = re.compile(r"money|balance|fund|credit", re.I)
TOO_EARLY_TEXT: Final = re.compile(
    r"can be renewed only after|продлить можно только после|продлена? только после|можно продлить только", re.I
)
NOT_READY_TEXT: Final = re.compile(
    r"cannot renew th|can't renew th|cannot be renewed|(?:нельзя|невозможно) продлить", re.I
)
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}|\d{2}\.\d{2}\.\d{4}")
NO_FUNCTION_TEXT: Final = re.compile(r"function|функци", re.I)
PLAIN_REFUSALS: Final = frozenset({"value", "exist", "exists", "pricelist_min_order", "wizard_unavailable"})

AUTH_WORDS: Final[Mapping[str, Promise]] = {
    "badpassword": _("The partner does not accept the username or password."),
    "badip": _("The partner does not let this account in from our IP address."),
    "blocklogon": _("The partner has blocked logins to this account for a while."),
    "blockgeoip": _("The partner does not let this account in from our country."),
    "blocked_ip": _("The partner has blocked our IP address."),
}
TWO_FACTOR: Final = _("The account asks for a second factor: turn it off, or use an account of its own for the API.")


def is_busy(fault: Fault) -> bool:
    """The partner is still at work on an earlier request."""
    return fault.object == "runningoperation" or fault.type == "runningoperation" or bool(BUSY.search(fault.message))


def judge_fault(fault: Fault, params: Mapping[str, str], *, has_effects: bool) -> PartnerError:
    """The error to raise. With effects only the listed types mean "nothing was done"; the rest stays unknown."""
    kind, target = fault.type.casefold(), fault.object
    if is_busy(fault):
        words = _("The partner is still at work on this.")
        return (OutcomeUnknown if has_effects else ProtocolError)(words, type=fault.type, object=target)
    if NO_MONEY_TEXT.search(fault.message):
        return InsufficientFunds(tell(fault), type=fault.type, object=target)
    if kind in ("auth", "access"):
        return judge_access(fault, params, has_effects=has_effects)
    if kind == "missed":
        return judge_missed(fault, params, has_effects=has_effects)
    if NO_MONEY_CODE.search(kind) or NO_MONEY_CODE.search(target):
        return InsufficientFunds(tell(fault), type=fault.type, object=target)
    if TOO_EARLY_TEXT.search(fault.message):
        return TooEarly(tell(fault), type=fault.type, object=target, day=find_day(fault))
    if NOT_READY_TEXT.search(fault.message):
        return NotReady(tell(fault), type=fault.type, object=target)
    if kind in PLAIN_REFUSALS:
        return Rejected(tell(fault), type=fault.type, object=target, field=target)
    return (OutcomeUnknown if has_effects else ProtocolError)(tell(fault), type=fault.type, object=target)


def judge_access(fault: Fault, params: Mapping[str, str], *, has_effects: bool) -> PartnerError:
    """Login trouble, except that a change of address too soon is refused as `access` to the field `ip` (§6.2)."""
    is_edit = has_effects and params.get("func", "").endswith(".edit")
    if is_edit and fault.type == "access" and fault.object == "ip":
        return Rejected(tell(fault), type=fault.type, object=fault.object, field="ip")
    if "totp" in fault.object or "qrcode" in fault.object:
        return AuthFailed(TWO_FACTOR, type=fault.type, object=fault.object)
    return AuthFailed(AUTH_WORDS.get(fault.object, tell(fault)), type=fault.type, object=fault.object)


def judge_missed(fault: Fault, params: Mapping[str, str], *, has_effects: bool) -> PartnerError:
    """`missed` speaks of the object asked for only if it names neither the function nor another parameter."""
    func = params.get("func", "")
    names_function = fault.object in ("func", func) and (fault.object == "func" or "." in func)
    if names_function or NO_FUNCTION_TEXT.search(fault.message):
        error = Rejected if has_effects else ProtocolError
        return error(tell(fault), type=fault.type, object=fault.object)
    if "elid" not in params or (fault.object in params and fault.object != "elid"):
        return Rejected(tell(fault), type=fault.type, object=fault.object, field=fault.object)
    return NotFound(tell(fault), type=fault.type, object=fault.object)


def find_day(fault: Fault) -> date | None:
    """The day that a refusal names, in its parameters or in its words; None if none."""
    texts = (*(str(value) for value in fault.params.values()), fault.message)
    found = (match[0] for text in texts if (match := DAY.search(text)))
    return next((day for text in found if (day := parse_date(text))), None)


def tell(fault: Fault) -> str | Promise:
    """The partner's own words, else its codes."""
    if fault.message:
        return fault.message
    return _("The partner answered with the error “%(type)s” (%(object)s).") % {
        "type": fault.type or "?",
        "object": fault.object or "?",
    }
