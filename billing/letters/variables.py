"""How variables are declared: in groups, each read at once, and only where a template names one of its variables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.functional import Promise

from billing.letters.scene import Scene
from billing.letters.values import Value

# What stands in for a value where nothing real is there to show: money is in euros.
Sample = str | int | bool | Decimal | date
Words = str | Promise


@dataclass(frozen=True, slots=True)
class Entry:
    """One variable: what it is, in words, and a sample; a list has `rows`, the names inside each row."""

    name: str
    words: Words
    sample: Sample = ""
    rows: tuple["Entry", ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Variables of one subject. `read` gives all of them, whatever is there; `related` is loaded with the event."""

    code: str
    title: Words
    entries: tuple[Entry, ...]
    read: Callable[[Scene], Mapping[str, Value]]
    related: tuple[str, ...] = ()


FIELD_PREFIX: Final = "service_custom_field_"


def field_variable(key: str) -> str:
    """What a field is called in letters: as in WHMCS, its key in small letters."""
    return FIELD_PREFIX + key.lower().replace("-", "_")
