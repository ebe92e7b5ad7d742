from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS
from catalog.prorata import NEVER, ProrataTerms, find_first_period


def first(on: date, *, day: int = 1, next_after: int = 20, cycle: str = "MONTHLY") -> tuple[str, date]:
    period = find_first_period(ProrataTerms(day, next_after), cycle=cycle, on=on)
    assert period is not None
    return str(period.amount(Decimal("30.00"), precision=2)), period.ends_on


@pytest.mark.parametrize(
    ("on", "amount", "ends_on"),
    [
        (date(2026, 4, 10), "21.00", date(2026, 5, 1)),
        (date(2026, 4, 20), "11.00", date(2026, 5, 1)),  # the boundary: only after the 20th
        (date(2026, 4, 21), "40.00", date(2026, 6, 1)),
        (date(2026, 1, 22), "39.68", date(2026, 3, 1)),
        (date(2026, 2, 28), "31.07", date(2026, 4, 1)),
        (date(2026, 1, 1), "30.00", date(2026, 2, 1)),
    ],
)
def test_the_first_of_the_month_with_the_twentieth_as_threshold(on: date, amount: str, ends_on: date) -> None:
    assert first(on) == (amount, ends_on)


def test_a_threshold_of_zero_always_adds_a_period_and_32_never() -> None:
    assert first(date(2026, 4, 10), day=15, next_after=0) == ("35.00", date(2026, 5, 15))
    assert first(date(2026, 1, 31), next_after=NEVER) == ("0.97", date(2026, 2, 1))


def test_a_day_that_a_month_does_not_have_is_its_last() -> None:
    assert first(date(2026, 6, 10), day=31)[1] == date(2026, 6, 30)
    assert first(date(2026, 6, 30), day=31, next_after=NEVER)[1] == date(2026, 7, 31)


def test_longer_cycles_are_charged_by_the_month() -> None:
    assert first(date(2026, 4, 10), cycle="QUARTERLY") == ("7.00", date(2026, 5, 1))
    assert first(date(2026, 4, 21), cycle="ANNUALLY") == ("30.83", date(2027, 5, 1))


def test_what_is_paid_once_has_no_part() -> None:
    assert find_first_period(ProrataTerms(1, 20), cycle="ONE_TIME", on=date(2026, 4, 10)) is None


@given(
    st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)),
    st.integers(min_value=1, max_value=31),
    st.integers(min_value=0, max_value=32),
    st.sampled_from(list(CYCLE_MONTHS)),
    st.integers(min_value=0, max_value=10**9).map(lambda cents: Decimal(cents).scaleb(-2)),
)
def test_the_first_period_is_never_free_nor_longer_than_a_month_and_a_period(
    on: date, day: int, next_after: int, cycle: Cycle, price: Decimal
) -> None:
    period = find_first_period(ProrataTerms(day, next_after), cycle=cycle, on=on)
    assert period is not None
    assert on < period.ends_on
    assert 1 <= period.days <= 31
    # From the last day of a short month to the last of a longer one: up to 31 days at the price of one of 28.
    assert 0 <= period.amount(price, precision=2) <= price + price * 31 / 28 + Decimal("0.01")
    assert period.amount(price, precision=2) >= (price if period.has_whole else 0)
