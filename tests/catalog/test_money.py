from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.money import format_money, round_money

SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("amount", "precision", "rounded"),
    [
        ("10.005", 2, "10.01"),
        ("10.015", 2, "10.02"),
        ("10.004999", 2, "10.00"),
        ("-10.005", 2, "-10.01"),
        ("2.5", 0, "3"),
        ("1500", 2, "1500.00"),
        ("0.12345", 4, "0.1235"),
    ],
)
def test_rounds_halves_away_from_zero(amount: str, precision: int, rounded: str) -> None:
    assert str(round_money(Decimal(amount), precision=precision)) == rounded


@given(
    amount=st.decimals(min_value=-(10**12), max_value=10**12, places=6),
    precision=st.integers(min_value=0, max_value=4),
)
def test_rounding_moves_by_half_a_unit_at_most_and_once(amount: Decimal, precision: int) -> None:
    rounded = round_money(amount, precision=precision)
    assert abs(rounded - amount) * 2 <= Decimal(1).scaleb(-precision)
    assert round_money(rounded, precision=precision) == rounded


@pytest.mark.parametrize(
    ("amount", "currency", "language", "words"),
    [
        ("15", "EUR", "en", "€15.00"),
        ("15.0000", "EUR", "ru", f"15,00{SPACE}€"),
        ("1500", "RUB", "ru", f"1{SPACE}500,00{SPACE}₽"),
        ("1500", "RUB", "en", f"RUB{SPACE}1,500.00"),
        ("0", "EUR", "en", "€0.00"),
        ("-3.5", "EUR", "en", "-€3.50"),
        ("1234.5", "JPY", "en", "¥1,234.5"),
        ("0.125", "EUR", "en", "€0.125"),
        ("7", "EUR", "en-us", "€7.00"),
    ],
)
def test_writes_amounts_as_readers_of_the_language_do(amount: str, currency: str, language: str, words: str) -> None:
    assert format_money(Decimal(amount), currency, language=language) == words


def test_refuses_what_is_no_amount() -> None:
    with pytest.raises(ValueError, match="Not an amount"):
        format_money(Decimal("NaN"), "EUR", language="en")


def test_zero_has_no_sign_whichever_was_written_first() -> None:
    assert {format_money(Decimal(zero), "USD", language="en") for zero in ("-0.00", "0", "-0")} == {"$0.00"}


def test_an_amount_is_written_anew_for_each_currency_and_language() -> None:
    written = {
        format_money(Decimal(3), code, language=language) for code in ("USD", "EUR") for language in ("en", "ru")
    }
    assert len(written) == 4
