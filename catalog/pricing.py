"""The one price engine, for shelf, cart, order and invoice: frozen values in, explained lines out.

It reads no database and no clock. Tax is a figure of each line; no tax rates exist yet, so it is 0.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _

from catalog.models.price import Cycle
from catalog.money import round_money

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PricedOption:
    """A configurable option of an item: how many of it each unit has, and what one costs.

    Raises ValueError for negative amounts and for a quantity below one.
    """

    description: str
    quantity: int
    unit_price: Decimal
    setup_fee: Decimal

    def __post_init__(self) -> None:
        _refuse_nonsense(self.quantity, self.unit_price, self.setup_fee)


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
    options: tuple[PricedOption, ...] = ()

    def __post_init__(self) -> None:
        _refuse_nonsense(self.quantity, self.unit_price, self.setup_fee)


def _refuse_nonsense(quantity: int, unit_price: Decimal, setup_fee: Decimal) -> None:
    if quantity < 1:
        raise ValueError(f"Quantity below one: {quantity}")
    if unit_price < 0 or setup_fee < 0:
        raise ValueError(f"Negative price: {unit_price}, setup fee {setup_fee}")


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One line of the calculation: `amount` is `quantity` × `unit_amount` exactly, without tax."""

    item_index: int
    kind: Literal["SERVICE", "OPTION", "SETUP"]
    description: str
    quantity: int
    unit_amount: Decimal
    amount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What one unit of an item costs with its options: each period, and once at the start."""

    unit_price: Decimal
    setup_fee: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines and their sums. `recurring` holds, per item, what each later period costs for all its units (0: once)."""

    lines: tuple[QuotedLine, ...]
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    recurring: tuple[Decimal, ...]
    units: tuple[UnitPrice, ...]


def quote(items: Sequence[PricedItem]) -> Quote:
    """Price `items`: a SERVICE line each, an OPTION line for each option, and SETUP lines where there are setup fees.

    A unit is rounded first and multiplied then, so that the services made from an item add up to its lines.
    """
    lines = tuple(line for index, item in enumerate(items) for line in _lines_of(index, item))
    subtotal = sum((line.amount for line in lines), ZERO)
    tax = sum((line.tax for line in lines), ZERO)
    units = tuple(_unit_of(item) for item in items)
    return Quote(
        lines=lines,
        subtotal=subtotal,
        tax=tax,
        total=subtotal + tax,
        recurring=tuple(
            ZERO if item.cycle == Cycle.ONE_TIME else unit.unit_price * item.quantity
            for item, unit in zip(items, units, strict=True)
        ),
        units=units,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """The item itself or one of its options; `count` of it are in a unit, amounts are rounded."""

    kind: Literal["SERVICE", "OPTION"]
    words: str
    count: int
    price: Decimal
    setup_fee: Decimal


def _lines_of(index: int, item: PricedItem) -> Iterator[QuotedLine]:
    """The item and its options first, their setup fees after them."""
    parts = _parts_of(item)
    for part in parts:
        count = part.count * item.quantity
        yield QuotedLine(index, part.kind, part.words, count, part.price, part.price * count, ZERO)
    for part in parts:
        if part.setup_fee:
            count, words = part.count * item.quantity, _("%(product)s: setup fee") % {"product": part.words}
            yield QuotedLine(index, "SETUP", words, count, part.setup_fee, part.setup_fee * count, ZERO)


def _parts_of(item: PricedItem) -> list[_Part]:
    def rounded(amount: Decimal) -> Decimal:
        return round_money(amount, precision=item.precision)

    options = [
        _Part(
            "OPTION",
            f"{item.description}: {option.description}",
            option.quantity,
            rounded(option.unit_price),
            rounded(option.setup_fee),
        )
        for option in item.options
    ]
    return [_Part("SERVICE", item.description, 1, rounded(item.unit_price), rounded(item.setup_fee)), *options]


def _unit_of(item: PricedItem) -> UnitPrice:
    parts = _parts_of(item)
    return UnitPrice(
        unit_price=sum((part.count * part.price for part in parts), ZERO),
        setup_fee=sum((part.count * part.setup_fee for part in parts), ZERO),
    )
