"""Tax of one amount: frozen rates in, rounded taxes out. It reads no database and no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.money import round_money

ZERO = Decimal(0)


class TaxGround(models.TextChoices):
    """Why a line is taxed as it is; all but RULES charge nothing."""

    RULES = "RULES", _("By the tax rules")
    ZERO_RATE = "ZERO_RATE", _("Zero-rated")
    EXEMPT_PRODUCT = "EXEMPT_PRODUCT", _("Without tax")
    EXEMPT_CLIENT = "EXEMPT_CLIENT", _("The client is exempt from tax")
    REVERSE_CHARGE = "REVERSE_CHARGE", _("Reverse charge: the tax is owed by the recipient")


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One level of tax: `percent` of the amount, or of the amount with the tax before it (`is_compound`)."""

    name: str
    percent: Decimal
    is_compound: bool = False


@dataclass(frozen=True, slots=True)
class Taxation:
    """How an amount is taxed. `is_included`: the price holds the tax of `rates`, which comes off where it is not owed.

    `ground` is a TaxGround value.
    """

    rates: tuple[TaxRate, ...] = ()
    is_included: bool = False
    ground: str = TaxGround.RULES.value

    @property
    def is_deducted(self) -> bool:
        """Whether the price holds a tax that this client does not owe."""
        return self.is_included and self.ground != TaxGround.RULES and bool(self.rates)

    def after_deduction(self) -> "Taxation":
        """The same for prices that the tax was taken off already."""
        return Taxation(ground=self.ground) if self.is_deducted else self

    def frozen(self) -> dict[str, Any]:
        """What a row keeps of it, as JSON."""
        rates = [[rate.name, str(rate.percent), rate.is_compound] for rate in self.rates]
        return {"rates": rates, "is_included": self.is_included, "ground": self.ground}


def thaw_taxation(stored: Mapping[str, Any]) -> Taxation:
    """The taxation that `frozen` kept; untaxed for rows that are older than taxes ({})."""
    if not stored:
        return Taxation()
    rates = tuple(TaxRate(name, Decimal(percent), is_compound) for name, percent, is_compound in stored["rates"])
    return Taxation(rates, stored["is_included"], stored["ground"])


def is_tax_included(stored: Mapping[str, Any]) -> bool:
    """Whether a price with the taxation that `frozen` kept holds the tax; not for rows that are older than taxes."""
    return bool(stored.get("is_included"))


@dataclass(frozen=True, slots=True)
class TaxAmount:
    """What one tax comes to."""

    name: str
    percent: Decimal
    amount: Decimal

    @property
    def words(self) -> str:
        """As it stands beside the amount: VAT 22 %."""
        return f"{self.name} {self.percent.normalize():f}\N{NO-BREAK SPACE}%"


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount as an invoice line states it: without tax, and each tax beside it."""

    net: Decimal
    taxes: tuple[TaxAmount, ...]

    @property
    def tax(self) -> Decimal:
        """All taxes together."""
        return sum((tax.amount for tax in self.taxes), ZERO)

    @property
    def total(self) -> Decimal:
        """What is to be paid."""
        return self.net + self.tax


def tax_charge(amount: Decimal, taxation: Taxation, *, precision: int) -> Charge:
    """Splits a rounded `amount` into net and taxes, each tax rounded half-up once; a discount is the mirror image.

    With included tax the total is `amount` to the cent, or the net alone where the tax is not owed.
    """
    factors = _factors_of(taxation.rates)
    whole = 1 + sum(factors, ZERO)
    base = amount / whole if taxation.is_included else amount
    taxes = tuple(
        TaxAmount(rate.name, rate.percent, round_money(base * factor, precision=precision))
        for rate, factor in zip(taxation.rates, factors, strict=True)
    )
    net = amount - sum((tax.amount for tax in taxes), ZERO) if taxation.is_included else amount
    return Charge(net, taxes if taxation.ground == TaxGround.RULES else ())


def _factors_of(rates: Sequence[TaxRate]) -> list[Decimal]:
    """Each tax as a share of the amount without tax."""
    factors: list[Decimal] = []
    for rate in rates:
        base = 1 + sum(factors, ZERO) if rate.is_compound else Decimal(1)
        factors.append(base * rate.percent / 100)
    return factors


def sum_taxes(charges: Iterable[tuple[Charge, int]]) -> tuple[TaxAmount, ...]:
    """The taxes of charges that come so many times each, by name and percent, in the order of their appearance."""
    sums: dict[tuple[str, Decimal], Decimal] = {}
    for charge, times in charges:
        for tax in charge.taxes:
            key = tax.name, tax.percent
            sums[key] = sums.get(key, ZERO) + tax.amount * times
    return tuple(TaxAmount(name, percent, amount) for (name, percent), amount in sums.items())
