"""From a cost to a price: markup, rounding up, exchange rates, and the margin that is left. Pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from catalog.models import Currency, Rounding
from catalog.money import round_money

# More digits than any product of two stored figures has: nothing is lost before the rounding.
DIGITS: Final = 60
ENDINGS: Final[Mapping[str, Decimal]] = {
    Rounding.WHOLE: Decimal(0),
    Rounding.ENDING_90: Decimal("0.90"),
    Rounding.ENDING_99: Decimal("0.99"),
}


class RateUnknown(Exception):
    """Nobody has said what the currency `code` is worth; "" where the price list names none."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def round_up(amount: Decimal, rounding: str, *, precision: int) -> Decimal:
    """The least amount of the form that `rounding` (a Rounding value) names, and not below `amount` (0 or more).

    ENDING_99: 4.10 → 4.99, 4.991 → 5.99. Nothing stays nothing. A currency without the decimals that an ending needs
    gets whole amounts. The result has `precision` decimals.
    """
    with localcontext(prec=DIGITS):
        step = Decimal(1).scaleb(-precision)
        ending = ENDINGS.get(rounding)
        if ending is None or not amount:
            return amount.quantize(step, rounding=ROUND_CEILING)
        ending = ending if ending == round_money(ending, precision=precision) else Decimal(0)
        whole = (amount - ending).to_integral_value(rounding=ROUND_CEILING)
        return (max(whole, Decimal(0)) + ending).quantize(step)


@dataclass(frozen=True, slots=True)
class Markup:
    """What is put on a cost: first percent of it, then a fixed amount, then rounding up (a Rounding value)."""

    percent: Decimal = Decimal(0)
    fixed: Decimal = Decimal(0)
    rounding: str = Rounding.NONE

    def price_of(self, cost: Decimal, *, precision: int) -> Decimal:
        """The price of something that costs `cost`, both in the currency of `fixed`."""
        with localcontext(prec=DIGITS):
            return round_up(cost + cost * self.percent / 100 + self.fixed, self.rounding, precision=precision)


@dataclass(frozen=True, slots=True)
class Margin:
    """What is left of a price: an amount in its currency, and percent of the price (None of a price of nothing)."""

    amount: Decimal
    percent: Decimal | None

    def is_below(self, threshold: Decimal) -> bool:
        """Whether less than `threshold` percent is left; of a price of nothing never anything is."""
        return self.percent is None or self.percent < threshold


def margin_of(price: Decimal, cost: Decimal, *, precision: int) -> Margin:
    """The margin of a price over a cost in the same currency; percent with one decimal."""
    with localcontext(prec=DIGITS):
        amount = price - cost
        percent = (amount * 100 / price).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP) if price else None
    return Margin(round_money(amount, precision=precision), percent)


@dataclass(frozen=True, slots=True)
class Rates:
    """Currency code → how much of it one unit of the default currency is worth."""

    values: Mapping[str, Decimal]

    @classmethod
    def of(cls, currencies: Iterable[Currency], typed: Mapping[str, Decimal] | None = None) -> "Rates":
        """The rates that are known; `typed` ones go before those that are stored."""
        known = {row.pk: row.rate for row in currencies if row.rate is not None} | dict(typed or {})
        return cls(known | {row.pk: Decimal(1) for row in currencies if row.is_default})

    def convert(self, amount: Decimal, source: str, target: str) -> Decimal:
        """An amount of `source` in `target`, not rounded. Raises RateUnknown."""
        if source == target and source:
            return amount
        for code in (source, target):
            if code not in self.values:
                raise RateUnknown(code)
        with localcontext(prec=DIGITS):
            return amount * self.values[target] / self.values[source]
