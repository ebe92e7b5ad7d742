from dataclasses import dataclass
from datetime import date

import pytest

from catalog.lifetime import count_renewals, find_term_end, left_words, lifetime_words


@dataclass(frozen=True)
class Lasting:
    recurring_limit: int = 0
    fixed_term_days: int = 0


@pytest.mark.parametrize(
    ("product", "cycle", "count"),
    [
        (Lasting(), "MONTHLY", None),
        (Lasting(), "ONE_TIME", 0),
        (Lasting(recurring_limit=3), "MONTHLY", 3),
        (Lasting(fixed_term_days=30), "MONTHLY", 0),
        # From 31 January a month ends on 28 February: 28 days later, the term after 29 goes on.
        (Lasting(fixed_term_days=28), "MONTHLY", 0),
        (Lasting(fixed_term_days=29), "MONTHLY", 1),
        (Lasting(fixed_term_days=365), "MONTHLY", 11),
        (Lasting(fixed_term_days=366), "ANNUALLY", 1),
        (Lasting(recurring_limit=3, fixed_term_days=365), "MONTHLY", 3),
        (Lasting(recurring_limit=3, fixed_term_days=60), "MONTHLY", 2),
        (Lasting(fixed_term_days=65535), "ANNUALLY", 179),
    ],
)
def test_how_often_the_period_comes_again(product: Lasting, cycle: str, count: int | None) -> None:
    on = date(2026, 1, 31)
    if product.fixed_term_days == 30:
        on = date(2026, 4, 1)
    assert count_renewals(product, cycle=cycle, on=on) == count


def test_a_first_period_of_other_length_counts() -> None:
    terms = Lasting(fixed_term_days=45)
    on = date(2026, 1, 22)
    assert count_renewals(terms, cycle="MONTHLY", on=on, first_end=date(2026, 3, 1), anchor_day=1) == 1
    assert count_renewals(terms, cycle="MONTHLY", on=on, first_end=date(2026, 2, 1), anchor_day=1) == 2


def test_the_term_ends_so_many_days_after_the_order() -> None:
    assert find_term_end(Lasting(fixed_term_days=30), on=date(2026, 2, 1)) == date(2026, 3, 3)
    assert find_term_end(Lasting(), on=date(2026, 2, 1)) is None


def test_it_is_said_in_words() -> None:
    assert lifetime_words(Lasting()) == []
    assert lifetime_words(Lasting(1, 30)) == ["Renews once, then it ends", "For 30 days"]
    assert lifetime_words(Lasting(3, 1)) == ["Renews 3 times, then it ends", "For 1 day"]
    assert left_words(3, 2) == "2 of 3 renewals left"
    assert left_words(3, 0) == "No renewals left"
