"""What the partner tells, as frozen values. Text becomes a Decimal, a date or an enum here and nowhere else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import IntEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal

from noc.wire import Node

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
NO_ADDONS: Final[Mapping[str, int]] = MappingProxyType({})

OFF_WORDS: Final = frozenset(
    {"", "null", "off", "no", "none", "0", "false", "disabled", "нет", "отключено", "выключено"}
)
ON_WORDS: Final = frozenset({"on", "yes", "true", "1"})
CURRENCY_SIGNS: Final = {"€": "EUR", "₽": "RUB", "$": "USD", "РУБ": "RUB", "Р": "RUB", "RUR": "RUB"}
AMOUNT: Final = re.compile(r"(?P<sign>[-−–])?\s*[€₽$]?\s*(?P<digits>\d[\d.,\s'’]*)")
STATUS: Final = re.compile(r"(?:item_status_)?([1-5])(?:_\w+)?")
WHOLE: Final = re.compile(r"-?[0-9]{1,15}")
NUMBER: Final = re.compile(r"-?\d{1,18}(?:\.\d{1,12})?")

# Our field keys ← the partner's names, which differ or are unknown (partner-api.md §6.8).
EXTRA_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "bitninja_email": ("bitninja_email",),
    "bitninjakey": ("bitninja_key", "bitninjakey", "key"),
    "bitninja_password": ("bitninja_password", "bitninjapassword", "password"),
    "domain": ("domain",),
    "target_ip": ("target_ip",),
}


class ItemStatus(IntEnum):
    """State of a service at the partner (partner-api.md §9)."""

    ORDERED = 1
    ACTIVE = 2
    SUSPENDED = 3
    DELETED = 4
    PROCESSING = 5


@dataclass(frozen=True, slots=True)
class Money:
    """An amount; the currency is an ISO code, "" where the partner does not say."""

    amount: Decimal
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """What the account has, and how far below zero it may go."""

    amount: Decimal
    currency: str = ""
    credit: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Charge:
    """One expense of the account; `item` is what the partner says it was for, an id or words."""

    id: str
    name: str
    item: str
    amount: Money
    charged_on: date | None


@dataclass(frozen=True, slots=True)
class Tariff:
    """Something the partner sells. `prices` per period code (partner-api.md §7), empty in the built-in table.

    `addons` are the ids of countable additions, sent as `addon_<id>`.
    """

    id: str
    kind: str
    name: str
    prices: Mapping[int, Decimal]
    currency: str
    periods: frozenset[int]
    source: Literal["live", "built-in"]
    addons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RenewalForm:
    """The renewal form: periods it offers (empty: it does not say) and the end dates before and after."""

    periods: frozenset[int]
    expires_on: date | None
    new_expires_on: date | None
    status: ItemStatus | None


@dataclass(frozen=True, slots=True)
class RemoteService:
    """A service as a list or a form of the partner shows it; what is not shown is "" or None.

    `extra` holds bitninja_email, bitninjakey, bitninja_password, domain and target_ip, where shown.
    """

    id: str
    kind: str
    tariff_id: str = ""
    tariff_name: str = ""
    name: str = ""
    ip: str = ""
    item: str = ""
    status: ItemStatus | None = None
    created_on: date | None = None
    expires_on: date | None = None
    key: str = field(default="", repr=False)
    remote_reference: str = ""
    auto_renewal: bool | None = None
    period: int | None = None
    addons: Mapping[str, int] = NO_ADDONS
    ip_changed_on: date | None = None
    key_changed_on: date | None = None
    extra: Mapping[str, str] = field(default=NOTHING, repr=False)


def read_service(node: Node, kind: str, *, remote_id: str = "") -> RemoteService:
    """A row of a list or a form → RemoteService; `remote_id` is the id asked for, if the form does not repeat it."""
    tariff_id, tariff_name = read_tariff_of(node)
    return RemoteService(
        id=node.text("id") or node.text("elid") or remote_id,
        kind=kind,
        tariff_id=tariff_id,
        tariff_name=tariff_name,
        name=node.text("licname"),
        ip=node.text("ip"),
        item=node.code("item") or node.text("item_id") or node.text("item"),
        status=read_status(node),
        created_on=read_date(node, "createdate", "opendate"),
        expires_on=read_date(node, "expiredate", "real_expiredate"),
        key=read_key(node, kind),
        remote_reference=node.text("remoteid"),
        auto_renewal=read_auto_renewal(node),
        period=parse_int(node.code("period") or node.text("period")),
        addons=read_addons(node),
        ip_changed_on=read_date(node, "real_ipchange"),
        key_changed_on=read_date(node, "real_keychange"),
        extra=read_extra(node),
    )


def read_tariff_of(node: Node) -> tuple[str, str]:
    """(id, name): in lists `pricelist` is the name and `pricelist_id` the id, in forms it is the id."""
    shown = node.text("pricelist").rstrip(";")
    tariff_id = node.text("pricelist_id") or node.code("pricelist") or (shown if shown.isdecimal() else "")
    name = node.text("pricelist_name") or ("" if shown.isdecimal() else shown)
    return tariff_id.rstrip(";"), name


def read_status(node: Node) -> ItemStatus | None:
    """The code, never the translated words; sub-states such as `3_autosuspend` count as their state."""
    for name in ("item_status", "status"):
        for text in (node.code(name), node.text(name)):
            code = STATUS.fullmatch(text)
            if code:
                return ItemStatus(int(code[1]))
    return None


def read_auto_renewal(node: Node) -> bool | None:
    if not node.has("autoprolong") and not node.has("autoprolong_orig"):
        return None
    return (node.code("autoprolong") or node.text("autoprolong")).casefold() not in OFF_WORDS


def read_addons(node: Node) -> Mapping[str, int]:
    names = node.find_names(prefix="addon_")
    if not names:
        return NO_ADDONS
    counts = {name.removeprefix("addon_"): parse_int(node.code(name) or node.text(name)) for name in names}
    return MappingProxyType({key: count for key, count in counts.items() if key.isdecimal() and count is not None})


def read_extra(node: Node) -> Mapping[str, str]:
    shown = {ours: next(filter(None, map(node.text, theirs)), "") for ours, theirs in EXTRA_FIELDS.items()}
    found = {key: value for key, value in shown.items() if value}
    return MappingProxyType(found) if found else NOTHING


def read_key(node: Node, kind: str) -> str:
    """The key of the service. Where other software shows its own is unknown: any field whose name ends so (§6.7)."""
    key = node.text("lickey")
    if key or kind != "software":
        return key
    shown = (node.text(name) for name in node.find_names(suffix="key"))
    return next((text for text in shown if text.casefold() not in OFF_WORDS | ON_WORDS), "")


def read_date(node: Node, *names: str) -> date | None:
    """The first text under these names that is a date: words appear there too, and lists of two."""
    for name in names:
        if found := parse_date(node.text(name)):
            return found
        texts = (*node.texts(name), node.code(name))
        if found := next((found for text in texts if (found := parse_date(text))), None):
            return found
    return None


@lru_cache(maxsize=4096)  # a list of ten thousand rows has few different days
def parse_date(text: str) -> date | None:
    """`2026-05-21`, with a time behind it or as `21.05.2026`; None for words and zero dates."""
    if match := re.match(r"(\d{4})-(\d{2})-(\d{2})(?!\d)", text.strip()):
        year, month, day = map(int, match.groups())
    elif match := re.match(r"(\d{2})\.(\d{2})\.(\d{4})(?!\d)", text.strip()):
        day, month, year = map(int, match.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse_int(text: str) -> int | None:
    """A whole number, or None."""
    return int(text) if WHOLE.fullmatch(text) else None


def parse_decimal(text: str) -> Decimal | None:
    """A plain number as price lists write it (`913.9286`), or None."""
    text = text.strip()
    if NUMBER.fullmatch(text) and text.isascii():
        return Decimal(text)
    money = parse_money(text)
    return money.amount if money else None


def parse_money(text: str) -> Money | None:
    """`12.50 EUR`, `1 234.50 RUB` with any kind of space, `-5,00 €`, `4.00 EUR / Month`; None if there is no amount."""
    match = AMOUNT.search(text)
    if match is None:
        return None
    amount = parse_amount(match["digits"])
    if amount is None:
        return None
    return Money(
        -amount if match["sign"] else amount, find_currency(text[: match.start("digits")], text[match.end() :])
    )


def parse_amount(digits: str) -> Decimal | None:
    """Digits with separators: the last of two kinds is the decimal one, and so is a lone comma unless it groups."""
    digits = re.sub(r"[\s'’]", "", digits).rstrip(".,")
    if not digits.isascii() or len(digits) > 30:
        return None
    dot, comma = digits.rfind("."), digits.rfind(",")
    if dot >= 0 and comma >= 0:
        point = max(dot, comma)
    elif comma >= 0:
        groups = re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", digits)
        point = -1 if groups else comma
    else:
        point = dot if digits.count(".") == 1 else -1
    whole = re.sub(r"[.,]", "", digits if point < 0 else digits[:point])
    fraction = "" if point < 0 else re.sub(r"[.,]", "", digits[point:])
    return Decimal(f"{whole}.{fraction}" if fraction else whole)


def find_currency(before: str, after: str) -> str:
    """The ISO code or sign next to the amount."""
    for match in re.finditer(r"[^\W\d_]+|[€₽$]", f"{after.split('/')[0]} {before}"):
        upper = match[0].upper()
        if upper in CURRENCY_SIGNS:
            return CURRENCY_SIGNS[upper]
        if re.fullmatch(r"[A-Z]{3}", upper):
            return upper
    return ""
