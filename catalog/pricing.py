"""The one price engine, for shelf, cart, order and invoice: frozen values in, explained lines out.

It reads no database and no clock. Tax is a figure of each line; no tax rates exist yet, so it is 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _

from catalog.models.price import Cycle
from catalog.money import round_money

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PricedItem:
    """What is asked for, at the prices of this moment. `cycle` is a Cycle value, `precision` decimals of the currency.

    Raises ValueError for negative amounts and for a quantity below one.
    """

    description: str
    cycle: str
    quantity: int
    unit_price: Decimal
    setup_fee: Decimal
    precision: int

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError(f"Quantity below one: {self.quantity}")
        if self.unit_price < 0 or self.setup_fee < 0:
            raise ValueError(f"Negative price: {self.unit_price}, setup fee {self.setup_fee}")


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One line of the calculation: `amount` is `quantity` × `unit_amount` exactly, without tax."""

    item_index: int
    kind: Literal["SERVICE", "SETUP"]
    description: str
    quantity: int
    unit_amount: Decimal
    amount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines and their sums. `recurring` holds, per item, what each later period costs for all its units (0: once)."""

    lines: tuple[QuotedLine, ...]
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    recurring: tuple[Decimal, ...]


def quote(items: Sequence[PricedItem]) -> Quote:
    """Price `items`: a SERVICE line each, and a SETUP line where there is a setup fee.

    A unit is rounded first and multiplied then, so that the services made from an item add up to its line.
    """
    lines = tuple(line for index, item in enumerate(items) for line in _lines_of(index, item))
    subtotal = sum((line.amount for line in lines), ZERO)
    tax = sum((line.tax for line in lines), ZERO)
    return Quote(
        lines=lines,
        subtotal=subtotal,
        tax=tax,
        total=subtotal + tax,
        recurring=tuple(_recurring_of(item) for item in items),
    )


def _lines_of(index: int, item: PricedItem) -> list[QuotedLine]:
    unit_price = round_money(item.unit_price, precision=item.precision)
    setup_fee = round_money(item.setup_fee, precision=item.precision)
    lines = [
        QuotedLine(index, "SERVICE", item.description, item.quantity, unit_price, unit_price * item.quantity, ZERO)
    ]
    if setup_fee:
        words = _("%(product)s: setup fee") % {"product": item.description}
        lines.append(QuotedLine(index, "SETUP", words, item.quantity, setup_fee, setup_fee * item.quantity, ZERO))
    return lines


def _recurring_of(item: PricedItem) -> Decimal:
    if item.cycle == Cycle.ONE_TIME:
        return ZERO
    return round_money(item.unit_price, precision=item.precision) * item.quantity
