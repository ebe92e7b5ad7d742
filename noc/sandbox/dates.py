"""Calendar days and periods. Days are UTC; pure functions."""

import calendar
from datetime import date, timedelta

TRIAL = -100


def add_months(day: date, months: int) -> date:
    """The same day `months` later, clamped at the month's end (31 January + 1 → 28 or 29 February)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def period_end(start: date, period: int, *, trial_days: int) -> date:
    """Where a period that begins on `start` ends: months, or the tariff's trial days for -100."""
    return start + timedelta(days=trial_days) if period == TRIAL else add_months(start, period)
