"""The one price engine, for shelf, cart, order and invoice: frozen values in, explained lines out.

It reads no database and no clock. Lines are at the prices of the price list; what each unit is invoiced, without tax
and with each tax beside it, are its charges.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _

from catalog.discounts import Discount, DiscountType
from catalog.models.price import Cycle
from catalog.money import round_money
from catalog.prorata import FirstPeriod
from catalog.taxes import Charge, TaxAmount, Taxation, sum_taxes, tax_charge

ZERO = Decimal(0)
UNTAXED = Taxation()


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
    taxation: Taxation = UNTAXED
    first_period: FirstPeriod | None = None
    discount: Discount | None = None

    def __post_init__(self) -> None:
        _refuse_nonsense(self.quantity, self.unit_price, self.setup_fee)


def _refuse_nonsense(quantity: int, unit_price: Decimal, setup_fee: Decimal) -> None:
    if quantity < 1:
        raise ValueError(f"Quantity below one: {quantity}")
    if unit_price < 0 or setup_fee < 0:
        raise ValueError(f"Negative price: {unit_price}, setup fee {setup_fee}")


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One line of the calculation: `amount` is `quantity` × `unit_amount` exactly, at the prices of the price list.

    `until`: the first day not covered, of a first period that is not a whole one.
    """

    item_index: int
    kind: Literal["SERVICE", "OPTION", "SETUP", "DISCOUNT"]
    description: str
    quantity: int
    unit_amount: Decimal
    amount: Decimal
    until: date | None = None


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What one unit of an item costs with its options: each period, and once at the start.

    `first_price` is what the first period costs, of which `until` is the end (None: a whole cycle). `period` and
    `setup` are how an invoice charges that and the setup fee; `taxation` is that of all prices. `first_discount` comes
    off the first payment, `reduction` (negative) on the invoice; `later_discount` off each later one that it lasts for.
    """

    unit_price: Decimal
    first_price: Decimal
    until: date | None
    setup_fee: Decimal
    taxation: Taxation
    period: Charge
    setup: Charge
    first_discount: Decimal
    later_discount: Decimal
    reduction: Charge

    @property
    def charges(self) -> tuple[Charge, ...]:
        """What an invoice holds a line for, zero or not."""
        return self.period, self.setup, self.reduction


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines and their sums. `recurring` holds, per item, what each later period costs for all its units (0: once).

    The lines add up to `total` where prices include tax (`is_tax_included`), else to `subtotal`.
    """

    lines: tuple[QuotedLine, ...]
    subtotal: Decimal
    taxes: tuple[TaxAmount, ...]
    tax: Decimal
    total: Decimal
    is_tax_included: bool
    recurring: tuple[Decimal, ...]
    units: tuple[UnitPrice, ...]


def quote(items: Sequence[PricedItem]) -> Quote:
    """Price `items`: a SERVICE line each, an OPTION line for each option, and SETUP lines where there are setup fees.

    A unit is rounded and taxed first and multiplied then, so that the services made from an item add up to its lines.
    """
    units = tuple(_unit_of(item) for item in items)
    charges = [(charge, item.quantity) for item, unit in zip(items, units, strict=True) for charge in unit.charges]
    taxes = sum_taxes(charges)
    subtotal = sum((charge.net * times for charge, times in charges), ZERO)
    tax = sum((one.amount for one in taxes), ZERO)
    return Quote(
        lines=tuple(line for index, item in enumerate(items) for line in _lines_of(index, item)),
        subtotal=subtotal,
        taxes=taxes,
        tax=tax,
        total=subtotal + tax,
        is_tax_included=any(unit.taxation.is_included for unit in units),
        recurring=tuple(
            ZERO if item.cycle == Cycle.ONE_TIME else _lasting_price(item, unit) * item.quantity
            for item, unit in zip(items, units, strict=True)
        ),
        units=units,
    )


def _lasting_price(item: PricedItem, unit: UnitPrice) -> Decimal:
    """What a period of a unit costs once a discount that ends has ended."""
    is_lasting = item.discount is not None and item.discount.renewals is None
    return unit.unit_price - unit.later_discount if is_lasting else unit.unit_price


@dataclass(frozen=True, slots=True)
class _Part:
    """The item itself or one of its options; `count` of it are in a unit, amounts are rounded."""

    kind: Literal["SERVICE", "OPTION"]
    words: str
    count: int
    price: Decimal
    first_price: Decimal
    setup_fee: Decimal


def _lines_of(index: int, item: PricedItem) -> Iterator[QuotedLine]:
    """The item and its options first, their setup fees after them."""
    parts = _parts_of(item)
    for part in parts:
        count = part.count * item.quantity
        until = item.first_period.ends_on if item.first_period else None
        yield QuotedLine(index, part.kind, part.words, count, part.first_price, part.first_price * count, until)
    for part in parts:
        if part.setup_fee:
            count, words = part.count * item.quantity, _("%(product)s: setup fee") % {"product": part.words}
            yield QuotedLine(index, "SETUP", words, count, part.setup_fee, part.setup_fee * count)

    unit = _unit_of(item)
    if item.discount is not None and unit.first_discount:
        words = _("%(product)s: promo code %(code)s") % {"product": item.description, "code": item.discount.words}
        off = -unit.first_discount
        yield QuotedLine(index, "DISCOUNT", words, item.quantity, off, off * item.quantity)


def _parts_of(item: PricedItem) -> list[_Part]:
    def asked(amount: Decimal) -> Decimal:
        """The amount that this client is asked for: rounded, without a tax that the client does not owe."""
        rounded = round_money(amount, precision=item.precision)
        is_deducted = item.taxation.is_deducted
        return tax_charge(rounded, item.taxation, precision=item.precision).net if is_deducted else rounded

    def part_of(kind: Literal["SERVICE", "OPTION"], words: str, of: PricedItem | PricedOption, count: int) -> _Part:
        price = asked(of.unit_price)
        first = item.first_period.amount(price, precision=item.precision) if item.first_period else price
        return _Part(kind, words, count, price, first, asked(of.setup_fee))

    options = [
        part_of("OPTION", f"{item.description}: {option.description}", option, option.quantity)
        for option in item.options
    ]
    return [part_of("SERVICE", item.description, item, 1), *options]


def _unit_of(item: PricedItem) -> UnitPrice:
    parts = _parts_of(item)
    taxation = item.taxation.after_deduction()
    unit_price = sum((part.count * part.price for part in parts), ZERO)
    first_price = sum((part.count * part.first_price for part in parts), ZERO)
    setup_fee = sum((part.count * part.setup_fee for part in parts), ZERO)
    first_off, later_off = _discounts_of(item, unit_price, first_price, setup_fee)
    return UnitPrice(
        unit_price=unit_price,
        first_price=first_price,
        until=item.first_period.ends_on if item.first_period else None,
        setup_fee=setup_fee,
        taxation=taxation,
        period=tax_charge(first_price, taxation, precision=item.precision),
        setup=tax_charge(setup_fee, taxation, precision=item.precision),
        first_discount=first_off,
        later_discount=later_off,
        reduction=tax_charge(-first_off, taxation, precision=item.precision),
    )


def _discounts_of(
    item: PricedItem, unit_price: Decimal, first_price: Decimal, setup_fee: Decimal
) -> tuple[Decimal, Decimal]:
    """What the promo code takes off the first payment for a unit, and off a later one."""
    discount = item.discount
    if discount is None:
        return ZERO, ZERO
    if discount.type == DiscountType.FREE_SETUP:
        return setup_fee, ZERO
    later = discount.off_period(unit_price, precision=item.precision)
    first = discount.off_period(first_price, precision=item.precision)
    if discount.type == DiscountType.PRICE and item.first_period is not None:
        # The new price is one of a whole period: a part of one is reduced in its proportion.
        first = min(first_price, item.first_period.amount(later, precision=item.precision))
    is_repeated = discount.is_recurring and item.cycle != Cycle.ONE_TIME
    return first, later if is_repeated else ZERO
