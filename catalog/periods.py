"""Calendar arithmetic of billing cycles: pure dates, no clock."""

import calendar
from datetime import date
from typing import Final

from catalog.models.price import Cycle

# Months that a cycle lasts; ONE_TIME is absent because it never comes again.
CYCLE_MONTHS: Final[dict[Cycle, int]] = {
    Cycle.MONTHLY: 1,
    Cycle.QUARTERLY: 3,
    Cycle.SEMIANNUALLY: 6,
    Cycle.ANNUALLY: 12,
}


def add_months(start: date, months: int, *, anchor_day: int) -> date:
    """The day `months` after `start` that falls on `anchor_day`, or on the last day of a month too short for it.

    The anchor survives short months: 31 January → 28 February → 31 March. Raises ValueError for an anchor day
    outside 1–31 and for a year outside the calendar.
    """
    if not 1 <= anchor_day <= 31:
        raise ValueError(f"Billing day outside a month: {anchor_day}")
    years, month_index = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month_index + 1
    if not date.min.year <= year <= date.max.year:
        raise ValueError(f"Year outside the calendar: {year}")
    return date(year, month, min(anchor_day, calendar.monthrange(year, month)[1]))
