"""What is asked of a report: days, steps, a currency. Read alike from a page's address and from a program's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from billing.queries.clock import business_date
from billing.queries.reports.spans import MONTH, STEPS, Span
from catalog.models import Currency
from catalog.periods import add_months

# A table that is longer than this is not read by anybody.
MOST_YEARS: Final = 10
USUAL_MONTHS: Final = 12


class Asks(StrEnum):
    """What a report wants to know besides the currency."""

    STEPS = "steps"
    DAYS = "days"
    DAY = "day"
    NOTHING = "nothing"


class WishesInvalid(Exception):
    """What was asked for cannot be; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Wishes:
    """`span.last` is the day itself where only one is asked for. `currency`: "" for all. `today`: of business."""

    span: Span
    today: date
    currency: str = ""


def usual_span(today: date) -> Span:
    """This month and the eleven before it."""
    return Span(add_months(today, 1 - USUAL_MONTHS, anchor_day=1), today)


def read_wishes(asked: Mapping[str, str], *, asks: Asks, now: datetime) -> Wishes:
    """`from`, `until`, `by`, `currency`, of which the report reads what it asks for. Raises WishesInvalid."""
    today = business_date(now)
    usual, errors = usual_span(today), dict[str, list[str]]()
    first, last, by = usual.first, usual.last, MONTH
    if asks in (Asks.DAYS, Asks.STEPS):
        first = _read_day(asked, "from", first, errors)
    if asks is not Asks.NOTHING:
        last = _read_day(asked, "until", last, errors)
    if asks is Asks.STEPS and asked.get("by"):
        by = asked["by"]
        if by not in STEPS:
            errors["by"] = [_("Unknown: %s.") % by]
    if asks in (Asks.DAYS, Asks.STEPS) and not errors:
        if first > last:
            errors["until"] = [_("The last day is before the first.")]
        elif last > add_months(first, 12 * MOST_YEARS, anchor_day=first.day):
            errors["until"] = [_("At most %(count)s years at once.") % {"count": MOST_YEARS}]
    currency = asked.get("currency", "")
    if currency and not Currency.objects.filter(pk=currency).exists():
        errors["currency"] = [_("Unknown currency: %s.") % currency]
    if errors:
        raise WishesInvalid(errors)
    return Wishes(Span(first, last, by), today, currency)


def _read_day(asked: Mapping[str, str], name: str, usual: date, errors: dict[str, list[str]]) -> date:
    text = asked.get(name, "")
    if not text:
        return usual
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2200:
        errors[name] = [_("Enter a day as YYYY-MM-DD, from 2000 on.")]
        return usual
    return day
