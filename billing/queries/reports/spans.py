"""The days that a report is about, and the steps that it shows them in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import DateField, F, Value
from django.db.models.functions import TruncMonth, TruncQuarter, TruncYear
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.periods import add_months

MONTH, QUARTER, YEAR, WHOLE = "month", "quarter", "year", "whole"
STEPS: Final = {MONTH: _("by month"), QUARTER: _("by quarter"), YEAR: _("by year"), WHOLE: _("as a whole")}
_MONTHS: Final = {MONTH: 1, QUARTER: 3, YEAR: 12}
_TRUNCATED: Final = {MONTH: TruncMonth, QUARTER: TruncQuarter, YEAR: TruncYear}


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One row of time: a calendar month, quarter or year, or all days of the report. Both days belong to it."""

    first: date
    last: date
    by: str

    def __str__(self) -> str:
        """`2026-01`, `2026-Q1`, `2026`, `2026-01-10/2026-02-03`."""
        if self.by == MONTH:
            return f"{self.first:%Y-%m}"
        if self.by == QUARTER:
            return f"{self.first.year}-Q{(self.first.month + 2) // 3}"
        return str(self.first.year) if self.by == YEAR else f"{self.first}/{self.last}"


@dataclass(frozen=True, slots=True)
class Span:
    """Days of the business time zone; both belong to it. `by`: one of STEPS."""

    first: date
    last: date
    by: str = MONTH

    @property
    def starts_at(self) -> datetime:
        """The first moment of the first day."""
        return start_of(self.first)

    @property
    def ends_at(self) -> datetime:
        """The first moment after the last day."""
        return start_of(self.last + timedelta(days=1))

    def step_of(self, moment: str) -> Any:
        """The first day of the step that a moment falls in, as an expression over a column."""
        if self.by == WHOLE:
            return Value(self.first, output_field=DateField())
        return _TRUNCATED[self.by](F(moment), output_field=DateField())

    def step_from(self, first: date) -> Step:
        """The step that starts on this day."""
        if self.by == WHOLE:
            return Step(self.first, self.last, WHOLE)
        return Step(first, add_months(first, _MONTHS[self.by], anchor_day=1) - timedelta(days=1), self.by)

    def steps(self) -> Iterator[Step]:
        """All of them in order, the first and the last of a calendar whole even where the days begin within them."""
        if self.by == WHOLE:
            yield self.step_from(self.first)
            return
        months = _MONTHS[self.by]
        first = self.first.replace(month=(self.first.month - 1) // months * months + 1, day=1)
        while first <= self.last:
            yield self.step_from(first)
            first = add_months(first, months, anchor_day=1)


def start_of(day: date) -> datetime:
    """Midnight of a day in the business time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))
