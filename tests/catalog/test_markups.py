from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.markups import Markup, Rates, RateUnknown, margin_of, round_up
from catalog.models import Currency, Rounding

AMOUNTS = st.decimals(min_value=0, max_value=10**10, places=6)
PRECISIONS = st.sampled_from([0, 2, 3])
ROUNDINGS = st.sampled_from(Rounding.values)


@pytest.mark.parametrize(
    ("amount", "rounding", "expected"),
    [
        ("4.10", "ENDING_99", "4.99"),
        ("4.99", "ENDING_99", "4.99"),
        ("4.991", "ENDING_99", "5.99"),
        ("4.901", "ENDING_90", "5.90"),
        ("0.01", "ENDING_90", "0.90"),
        ("4.01", "WHOLE", "5.00"),
        ("4", "WHOLE", "4.00"),
        ("4.001", "NONE", "4.01"),
        ("0", "ENDING_99", "0.00"),
    ],
)
def test_rounding_goes_up_to_the_next_such_amount(amount: str, rounding: str, expected: str) -> None:
    assert str(round_up(Decimal(amount), rounding, precision=2)) == expected


def test_a_currency_without_decimals_gets_whole_amounts() -> None:
    assert round_up(Decimal("4.10"), Rounding.ENDING_99, precision=0) == 5
    assert str(round_up(Decimal("4.10"), Rounding.ENDING_90, precision=3)) == "4.900"


def has_form(amount: Fraction, rounding: str, precision: int) -> bool:
    """What a price has to look like, said in another way than the code does."""
    if rounding == Rounding.NONE:
        return (amount * 10**precision).denominator == 1
    cents = {Rounding.WHOLE: 0, Rounding.ENDING_90: 90, Rounding.ENDING_99: 99}[Rounding(rounding)]
    return (amount * 100) % 100 == (cents if precision >= 2 else 0)


@given(AMOUNTS, ROUNDINGS, PRECISIONS)
def test_never_below_and_never_more_than_needed(amount: Decimal, rounding: str, precision: int) -> None:
    result = Fraction(round_up(amount, rounding, precision=precision))
    step = Fraction(1, 10**precision) if rounding == Rounding.NONE else Fraction(1)
    assert result >= Fraction(amount)
    assert result == 0 or has_form(result, rounding, precision)
    assert result - step < Fraction(amount) or (amount > 0 and result < step)


@given(
    cost=st.decimals(min_value=0, max_value=10**8, places=4),
    percent=st.decimals(min_value=0, max_value=1000, places=2),
    fixed=st.decimals(min_value=0, max_value=10**6, places=2),
    rounding=ROUNDINGS,
    precision=PRECISIONS,
)
def test_a_price_covers_cost_and_markup_exactly(
    cost: Decimal, percent: Decimal, fixed: Decimal, rounding: str, precision: int
) -> None:
    price = Markup(percent, fixed, rounding).price_of(cost, precision=precision)
    wanted = Fraction(cost) * (1 + Fraction(percent) / 100) + Fraction(fixed)
    assert Fraction(price) >= wanted
    assert Fraction(price) - wanted < 1
    assert -price.as_tuple().exponent == precision  # type: ignore[operator]
    if price:
        assert margin_of(price, cost, precision=precision).amount >= 0


def test_percent_comes_before_the_fixed_part() -> None:
    assert Markup(Decimal(50), Decimal(1)).price_of(Decimal(4), precision=2) == 7


def test_margin_is_told_of_the_price() -> None:
    margin = margin_of(Decimal(8), Decimal(6), precision=2)
    assert (margin.amount, margin.percent) == (Decimal(2), Decimal(25))
    assert margin.is_below(Decimal("25.1"))
    assert not margin.is_below(Decimal(25))
    assert margin_of(Decimal(0), Decimal(6), precision=2).is_below(Decimal(-1000))


class TestRates:
    rates = Rates.of(
        [
            Currency(code="EUR", is_default=True, rate=Decimal(7)),
            Currency(code="RUB", rate=Decimal(90)),
            Currency(code="USD"),
        ]
    )

    def test_the_default_currency_is_the_measure_whatever_is_stored(self) -> None:
        assert self.rates.convert(Decimal(2), "EUR", "RUB") == 180
        assert self.rates.convert(Decimal(180), "RUB", "EUR") == 2

    @pytest.mark.parametrize(("source", "target"), [("USD", "EUR"), ("EUR", "USD"), ("", "EUR"), ("", "")])
    def test_what_nobody_said_is_not_guessed(self, source: str, target: str) -> None:
        with pytest.raises(RateUnknown):
            self.rates.convert(Decimal(2), source, target)

    def test_a_typed_rate_goes_before_the_stored_one_but_not_for_the_default(self) -> None:
        currencies = [Currency(code="EUR", is_default=True), Currency(code="RUB", rate=Decimal(90))]
        rates = Rates.of(currencies, {"RUB": Decimal(100), "EUR": Decimal(5)})
        assert rates.convert(Decimal(1), "EUR", "RUB") == 100

    def test_the_same_currency_needs_no_rate(self) -> None:
        assert self.rates.convert(Decimal("1.23"), "USD", "USD") == Decimal("1.23")
