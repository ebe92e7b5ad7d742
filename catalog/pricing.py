"""The one price engine, for shelf, cart, order and invoice: frozen values in, explained lines out.

It reads no database and no clock. Lines are at the prices of the price list; what each service is invoiced, without
tax and with each tax beside it, are its charges.

A scaling item makes one service of so many units: each period costs the price of a unit, its options included, times
the units. What is charged once at the start, the setup fees of the unit and of its options, is charged once for the
service, not for each unit. Prices, parts of a period and discounts are rounded for the unit and multiplied then; tax
is rounded once for each line of a service.
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

    `is_scaling`: one service of `quantity` units, not a service for each. `renewals`: how many periods after the first
    there will be at most, None: no end. Raises ValueError for negative amounts and for a quantity below one.
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
    is_scaling: bool = False
    renewals: int | None = None

    def __post_init__(self) -> None:
        _refuse_nonsense(self.quantity, self.unit_price, self.setup_fee)

    @property
    def services(self) -> int:
        """How many services it makes."""
        return 1 if self.is_scaling else self.quantity

    @property
    def units(self) -> int:
        """How many units each of the services has."""
        return self.quantity if self.is_scaling else 1


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
class ServicePrice:
    """What one service made from an item costs with its options: each period, and once at the start.

    `unit_price` and `first_price`, what the first period costs, are those of one of its `units`; `until` is the end of
    that period (None: a whole cycle). The setup fee and the discounts are those of the whole service. `period` and
    `setup` are how an invoice charges the first period and the setup fee; `taxation` is that of all prices.
    `first_discount` comes off the first payment, `reduction` (negative) on the invoice; `later_discount` off each later
    one that it lasts for.
    """

    units: int
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
    def recurring(self) -> Decimal:
        """What each whole period costs."""
        return self.unit_price * self.units

    @property
    def charges(self) -> tuple[Charge, ...]:
        """What an invoice holds a line for, zero or not."""
        return self.period, self.setup, self.reduction


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines and their sums. `recurring` holds, per item, what each later period costs for all its units (0: once).

    The lines add up to `total` where prices include tax (`is_tax_included`), else to `subtotal`. `services` tells, per
    item, what each service made from it costs.
    """

    lines: tuple[QuotedLine, ...]
    subtotal: Decimal
    taxes: tuple[TaxAmount, ...]
    tax: Decimal
    total: Decimal
    is_tax_included: bool
    recurring: tuple[Decimal, ...]
    services: tuple[ServicePrice, ...]


def quote(items: Sequence[PricedItem]) -> Quote:
    """Price `items`: a SERVICE line each, an OPTION line for each option, and SETUP lines where there are setup fees.

    A service is rounded and taxed first and multiplied then, so that the services made from an item add up to its
    lines.
    """
    services = tuple(_price_service(item) for item in items)
    pairs = list(zip(items, services, strict=True))
    charges = [(charge, item.services) for item, service in pairs for charge in service.charges]
    taxes = sum_taxes(charges)
    subtotal = sum((charge.net * times for charge, times in charges), ZERO)
    tax = sum((one.amount for one in taxes), ZERO)
    return Quote(
        lines=tuple(line for index, item in enumerate(items) for line in _lines_of(index, item)),
        subtotal=subtotal,
        taxes=taxes,
        tax=tax,
        total=subtotal + tax,
        is_tax_included=any(service.taxation.is_included for service in services),
        recurring=tuple(_lasting_price(item, service) * item.services for item, service in pairs),
        services=services,
    )


def _lasting_price(item: PricedItem, service: ServicePrice) -> Decimal:
    """What a period of a service costs once a discount that ends has ended; 0 where no period follows."""
    if item.cycle == Cycle.ONE_TIME or item.renewals == 0:
        return ZERO
    is_lasting = item.discount is not None and item.discount.renewals is None
    return service.recurring - service.later_discount if is_lasting else service.recurring


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
            count, words = part.count * item.services, _("%(product)s: setup fee") % {"product": part.words}
            yield QuotedLine(index, "SETUP", words, count, part.setup_fee, part.setup_fee * count)
    reduction = _reduction_of(item, parts)
    if item.discount is not None and reduction.first:
        words = _("%(product)s: promo code %(code)s") % {"product": item.description, "code": item.discount.words}
        count, off = reduction.times * item.services, -reduction.first
        yield QuotedLine(index, "DISCOUNT", words, count, off, off * count)


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


def _price_service(item: PricedItem) -> ServicePrice:
    parts = _parts_of(item)
    taxation = item.taxation.after_deduction()
    first_price, setup_fee = _sum_first(parts), _sum_setup(parts)
    reduction = _reduction_of(item, parts)
    first_discount = reduction.first * reduction.times
    return ServicePrice(
        units=item.units,
        unit_price=_sum_period(parts),
        first_price=first_price,
        until=item.first_period.ends_on if item.first_period else None,
        setup_fee=setup_fee,
        taxation=taxation,
        period=tax_charge(first_price * item.units, taxation, precision=item.precision),
        setup=tax_charge(setup_fee, taxation, precision=item.precision),
        first_discount=first_discount,
        later_discount=reduction.later * item.units,
        reduction=tax_charge(-first_discount, taxation, precision=item.precision),
    )


def _sum_period(parts: Sequence[_Part]) -> Decimal:
    return sum((part.count * part.price for part in parts), ZERO)


def _sum_first(parts: Sequence[_Part]) -> Decimal:
    return sum((part.count * part.first_price for part in parts), ZERO)


def _sum_setup(parts: Sequence[_Part]) -> Decimal:
    return sum((part.count * part.setup_fee for part in parts), ZERO)


@dataclass(frozen=True, slots=True)
class _Reduction:
    """What the promo code takes off a service: `first`, so many `times`, off the first payment; `later` off the later
    payments for each unit.
    """

    first: Decimal
    times: int
    later: Decimal


def _reduction_of(item: PricedItem, parts: Sequence[_Part]) -> _Reduction:
    """Off the period of each unit; a free setup is that of the service."""
    discount = item.discount
    if discount is None:
        return _Reduction(ZERO, item.units, ZERO)
    if discount.type == DiscountType.FREE_SETUP:
        return _Reduction(_sum_setup(parts), 1, ZERO)
    unit_price, first_price = _sum_period(parts), _sum_first(parts)
    later = discount.off_period(unit_price, precision=item.precision)
    first = discount.off_period(first_price, precision=item.precision)
    if discount.type == DiscountType.PRICE and item.first_period is not None:
        # The new price is one of a whole period: a part of one is reduced in its proportion.
        first = min(first_price, item.first_period.amount(later, precision=item.precision))
    is_repeated = discount.is_recurring and item.cycle != Cycle.ONE_TIME
    return _Reduction(first, item.units, later if is_repeated else ZERO)
