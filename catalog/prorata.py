"""Prorata billing (P8): a first period that ends on a day of the month, charged by its days. Pure dates and money."""

import calendar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from catalog.models.price import Cycle
from catalog.money import round_money
from catalog.periods import CYCLE_MONTHS, add_months

# Charge-next-month day: nobody orders on a day after the 32nd; every day is after the 0th.
NEVER: Final = 32


@dataclass(frozen=True, slots=True)
class ProrataTerms:
    """`day`: the day of the month that bills fall on. `next_after`: who orders after this day pays a period more."""

    day: int
    next_after: int


@dataclass(frozen=True, slots=True)
class FirstPeriod:
    """What the first payment covers: `days` of a month of `month_days` days, and perhaps a whole period."""

    ends_on: date
    days: int
    month_days: int
    months: int
    has_whole: bool

    def amount(self, price: Decimal, *, precision: int) -> Decimal:
        """The rounded part of `price`, the (rounded) price of one period of `months`, that the first payment asks."""
        part = round_money(price * self.days / (self.month_days * self.months), precision=precision)
        return part + price if self.has_whole else part


def find_first_period(terms: ProrataTerms, *, cycle: str, on: date) -> FirstPeriod | None:
    """The first period of an order of that day, which counts; None for what is paid once.

    A day that a month does not have is its last one.
    """
    months = CYCLE_MONTHS.get(Cycle(cycle))
    if months is None:
        return None
    this_month = add_months(on, 0, anchor_day=terms.day)
    ends_on = this_month if this_month > on else add_months(on, 1, anchor_day=terms.day)
    has_whole = on.day > terms.next_after
    return FirstPeriod(
        ends_on=add_months(ends_on, months, anchor_day=terms.day) if has_whole else ends_on,
        days=(ends_on - on).days,
        month_days=calendar.monthrange(on.year, on.month)[1],
        months=months,
        has_whole=has_whole,
    )
