"""What variables hold: plain texts, numbers, lists and rows, and texts that know the amount or the day behind them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from babel.dates import format_date, format_datetime
from django.utils import timezone
from django.utils.html import linebreaks
from django.utils.safestring import SafeString

from catalog.money import format_money


class Amount(str):
    """Money in the letter's language, which compares by its number."""

    number: Decimal


class Moment(str):
    """A day or a time in the letter's language, which compares by the calendar and can be written otherwise."""

    at: date


class Markup(str):
    """A text of ours that has an HTML form too: the text part shows it as it is, the HTML part its `html`."""

    html: SafeString


Row = Mapping[str, "Value"]
Value = str | int | Decimal | bool | None | Row | Sequence[Row]

_STRFTIME: Final = {
    "d": "dd",
    "e": "d",
    "m": "MM",
    "b": "MMM",
    "B": "MMMM",
    "y": "yy",
    "Y": "yyyy",
    "H": "HH",
    "I": "hh",
    "p": "a",
    "M": "mm",
    "S": "ss",
    "a": "EEE",
    "A": "EEEE",
    "%": "'%'",
}


def money(number: Decimal | str, currency: str, *, language: str) -> Amount:
    """`number` in `currency` (ISO code) as readers of `language` write it."""
    number = Decimal(number)
    shown = Amount(format_money(number, currency, language=language))
    shown.number = number
    return shown


def moment(at: date | datetime | None, *, language: str) -> Moment:
    """A day (in the business time zone, if it is a time); "" for None."""
    at = timezone.localtime(at) if isinstance(at, datetime) else at
    shown = Moment(format_date(at, format="long", locale=_locale(language)) if at else "")
    shown.at = at or date.min
    return shown


def day(text: str | None, *, language: str) -> Moment:
    """A day that an event keeps as 2026-12-31; "" for none."""
    return moment(date.fromisoformat(text) if text else None, language=language)


def markup(text: str, html: str = "") -> Markup:
    """`text` with its HTML form, which is made of it where none is given. `html` must be safe."""
    shown = Markup(text)
    shown.html = SafeString(html or linebreaks(text, autoescape=True))
    return shown


def write_moment(shown: Moment, pattern: str, *, language: str) -> str:
    """A day in the letters of PHP's and C's strftime: `%d.%m.%Y`."""
    if not shown:
        return ""
    parts, at = list[str](), 0
    while at < len(pattern):
        if pattern[at] == "%" and pattern[at + 1 : at + 2] in _STRFTIME:
            parts.append(_STRFTIME[pattern[at + 1]])
            at += 2
        else:
            parts.append("''" if pattern[at] == "'" else f"'{pattern[at]}'")
            at += 1
    write = format_datetime if isinstance(shown.at, datetime) else format_date
    return write(_as_time(shown.at), "".join(parts), locale=_locale(language))


def is_true(value: object) -> bool:
    """As in PHP: nothing, "", "0", 0, an empty list and no money are false."""
    if isinstance(value, Amount):
        return bool(value.number)
    return bool(value) and value != "0"


def as_number(value: object) -> Decimal | None:
    """The number that a value is or stands for; None for other texts."""
    if isinstance(value, Amount):
        return value.number
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def compare(operator: str, left: object, right: object) -> bool:
    """==, !=, <, >, <= or >= of any two values; never raises. Numbers by size, days by the calendar, else as texts."""
    if isinstance(left, bool) or isinstance(right, bool):
        first, second = float(is_true(left)), float(is_true(right))
        return _judge(operator, (first > second) - (first < second))
    numbers = as_number(left), as_number(right)
    if numbers[0] is not None and numbers[1] is not None:
        return _judge(operator, (numbers[0] > numbers[1]) - (numbers[0] < numbers[1]))
    if isinstance(left, Moment) and isinstance(right, Moment):
        days = _as_time(left.at), _as_time(right.at)
        return _judge(operator, (days[0] > days[1]) - (days[0] < days[1]))
    texts = as_text(left), as_text(right)
    return _judge(operator, (texts[0] > texts[1]) - (texts[0] < texts[1]))


def as_text(value: object) -> str:
    """What `{$variable}` shows: a row its value, a list and nothing an empty text."""
    if isinstance(value, Mapping):
        return as_text(value.get("value"))
    if value is None or isinstance(value, bool) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return "1" if value is True else ""
    return value if isinstance(value, str) else str(value)


def _judge(operator: str, order: int) -> bool:
    return {
        "==": order == 0,
        "!=": order != 0,
        "<": order < 0,
        ">": order > 0,
        "<=": order <= 0,
        ">=": order >= 0,
    }[operator]


def _as_time(at: date) -> datetime:
    if isinstance(at, datetime):
        return at.replace(tzinfo=None)
    return datetime(at.year, at.month, at.day)  # noqa: DTZ001  days are compared with days


def _locale(language: str) -> str:
    return language.replace("-", "_")
