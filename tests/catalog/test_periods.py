from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS, add_months

days = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 12, 31))
anchors = st.integers(min_value=1, max_value=31)


@pytest.mark.parametrize(
    ("start", "months", "anchor_day", "end"),
    [
        (date(2026, 1, 31), 1, 31, date(2026, 2, 28)),
        (date(2026, 2, 28), 1, 31, date(2026, 3, 31)),
        (date(2028, 1, 31), 1, 31, date(2028, 2, 29)),
        (date(2028, 2, 29), 1, 31, date(2028, 3, 31)),
        (date(2028, 2, 29), 12, 29, date(2029, 2, 28)),
        (date(2029, 2, 28), 36, 29, date(2032, 2, 29)),
        (date(2026, 8, 30), 6, 30, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, 15, date(2027, 1, 15)),
        (date(2026, 10, 31), 3, 31, date(2027, 1, 31)),
        (date(2026, 3, 31), 1, 31, date(2026, 4, 30)),
    ],
)
def test_keeps_the_billing_day_through_short_months(start: date, months: int, anchor_day: int, end: date) -> None:
    assert add_months(start, months, anchor_day=anchor_day) == end


@given(start=days, months=st.integers(min_value=0, max_value=120), anchor_day=anchors)
def test_lands_on_the_billing_day_or_the_end_of_a_shorter_month(start: date, months: int, anchor_day: int) -> None:
    end = add_months(start, months, anchor_day=anchor_day)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    if end.day != anchor_day:
        assert end.day < anchor_day
        assert (end + timedelta(days=1)).day == 1


@given(start=days, first=st.integers(0, 60), second=st.integers(0, 60), anchor_day=anchors)
def test_steps_add_up(start: date, first: int, second: int, anchor_day: int) -> None:
    halfway = add_months(start, first, anchor_day=anchor_day)
    assert add_months(halfway, second, anchor_day=anchor_day) == add_months(
        start, first + second, anchor_day=anchor_day
    )


@pytest.mark.parametrize("anchor_day", [0, 32, -1])
def test_refuses_a_billing_day_outside_a_month(anchor_day: int) -> None:
    with pytest.raises(ValueError, match="Billing day"):
        add_months(date(2026, 1, 1), 1, anchor_day=anchor_day)


def test_refuses_a_year_outside_the_calendar() -> None:
    with pytest.raises(ValueError, match="Year"):
        add_months(date(9999, 12, 1), 1, anchor_day=1)


def test_every_cycle_but_one_time_has_months() -> None:
    assert set(CYCLE_MONTHS) == set(Cycle) - {Cycle.ONE_TIME}
