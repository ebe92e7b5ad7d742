"""The modifiers that templates may use: none makes a text longer than a few times what it was given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from urllib.parse import quote

from django.utils.html import conditional_escape, strip_tags
from django.utils.safestring import SafeString

from billing.letters.values import Moment, as_number, as_text, is_true, write_moment

LONGEST_CUT: Final = 10_000
_MOST_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a modifier works: in the HTML part or in the text part, and in which language."""

    is_html: bool
    language: str


@dataclass(frozen=True, slots=True)
class Modifier:
    """What one does to a value; missing arguments are not given."""

    apply: Callable[[object, Sequence[object], Setting], object]
    most_arguments: int = 0


def _escape(value: object, arguments: Sequence[object], setting: Setting) -> object:
    if arguments and arguments[0] in ("url", "urlpathinfo"):
        return quote(as_text(value), safe="")
    return conditional_escape(_shown(value)) if setting.is_html else as_text(value)


def _break_lines(value: object, _arguments: Sequence[object], setting: Setting) -> object:
    if not setting.is_html:
        return as_text(value)
    return SafeString(conditional_escape(_shown(value)).replace("\r\n", "\n").replace("\n", "<br>\n"))


def _shown(value: object) -> str:
    return value if isinstance(value, SafeString) else as_text(value)


def _default(value: object, arguments: Sequence[object], _setting: Setting) -> object:
    return value if is_true(value) or value in (0, "0") else (arguments[0] if arguments else "")


def _date_format(value: object, arguments: Sequence[object], setting: Setting) -> object:
    if not isinstance(value, Moment):
        return as_text(value)
    return write_moment(value, as_text(arguments[0]) if arguments else "%b %e, %Y", language=setting.language)


def _number_format(value: object, arguments: Sequence[object], _setting: Setting) -> object:
    """As PHP does it: decimals (0), sign before them (.), sign between thousands (,)."""
    number = as_number(value)
    if number is None or abs(number) >= Decimal(10) ** 20:
        return as_text(value)
    decimals = as_number(arguments[0]) if arguments else None
    places = min(max(int(decimals or 0), 0), _MOST_DECIMALS)
    rounded = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    whole, _dot, rest = f"{rounded:,f}".partition(".")
    point = as_text(arguments[1])[:5] if len(arguments) > 1 else "."
    between = as_text(arguments[2])[:5] if len(arguments) > 2 else ","
    return whole.replace(",", between) + (point + rest if rest else "")


def _truncate(value: object, arguments: Sequence[object], _setting: Setting) -> object:
    length = as_number(arguments[0]) if arguments else None
    most = min(max(int(length if length is not None else 80), 0), LONGEST_CUT)
    ending = as_text(arguments[1])[:20] if len(arguments) > 1 else "..."
    text = as_text(value)
    return text if len(text) <= most else text[: max(most - len(ending), 0)].rstrip() + ending


def _count(value: object, _arguments: Sequence[object], _setting: Setting) -> object:
    return count_of(value)


def count_of(value: object) -> int:
    """How many rows a list has; a text or a number is one, nothing is none."""
    if value is None:
        return 0
    return len(value) if isinstance(value, Sequence) and not isinstance(value, str) else 1


def _of_text(change: Callable[[str], str]) -> Modifier:
    return Modifier(lambda value, _arguments, _setting: change(as_text(value)))


MODIFIERS: Final[dict[str, Modifier]] = {
    "capitalize": _of_text(lambda text: " ".join(word[:1].upper() + word[1:] for word in text.split(" "))),
    "count": Modifier(_count),
    "date_format": Modifier(_date_format, 1),
    "default": Modifier(_default, 1),
    "escape": Modifier(_escape, 2),
    "lower": _of_text(str.lower),
    "nl2br": Modifier(_break_lines),
    "number_format": Modifier(_number_format, 3),
    "strip_tags": _of_text(strip_tags),
    "trim": _of_text(str.strip),
    "truncate": Modifier(_truncate, 2),
    "ucfirst": _of_text(lambda text: text[:1].upper() + text[1:]),
    "upper": _of_text(str.upper),
    "urlencode": _of_text(lambda text: quote(text, safe="")),
}
