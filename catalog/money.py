"""The only rounding of money, and money in words."""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision, get_currency_symbol


def round_money(amount: Decimal, *, precision: int) -> Decimal:
    """`amount` with `precision` decimals, halves away from zero (10.005 → 10.01). The result keeps its zeros."""
    return amount.quantize(Decimal(1).scaleb(-precision), rounding=ROUND_HALF_UP)


@lru_cache(maxsize=4096)
def format_money(amount: Decimal, currency: str, *, language: str) -> str:
    """An amount the way readers of `language` write it: `€15.00` (en), `1 500,00 ₽` (ru, with no-break spaces).

    Decimals beyond the currency's usual ones are shown where the amount has them, never rounded away. Remembered: a
    shelf prints hundreds of prices, the same ones on every visit.
    """
    # Equal keys must be written alike: minus zero equals zero.
    return _format_money(amount or Decimal(0), currency, language)


# A shelf writes hundreds of amounts, most of them again and again; Babel takes a tenth of a millisecond for each.
@lru_cache(maxsize=4096)
def _format_money(amount: Decimal, currency: str, language: str) -> str:
    usual = get_currency_precision(currency)
    digits = max(usual, -_exponent(amount.normalize()))
    locale = language.replace("-", "_")
    shown = round_money(amount, precision=digits)
    text = format_currency(shown, currency, locale=locale, decimal_quantization=digits == usual)
    symbol = get_currency_symbol(currency, locale=locale)
    # Where a currency has no sign of its own, its letters must not stick to the figure: RUB 15.00.
    return re.sub(rf"({re.escape(symbol)})(?=\d)", "\\1\N{NO-BREAK SPACE}", text) if symbol[-1].isalpha() else text


def _exponent(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, str):
        raise ValueError(f"Not an amount: {amount}")  # noqa: TRY004  the type is right, NaN or infinity is not
    return exponent
