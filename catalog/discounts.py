"""What a promo code takes off a price: pure values, for the price engine."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.money import round_money

ZERO = Decimal(0)


class DiscountType(models.TextChoices):
    """What a promo code does (WHMCS §2.5)."""

    PERCENT = "PERCENT", _("Percentage")
    FIXED = "FIXED", _("Fixed amount")
    PRICE = "PRICE", _("Price override")
    FREE_SETUP = "FREE_SETUP", _("Free setup")


@dataclass(frozen=True, slots=True)
class Discount:
    """What a promo code takes off each unit; `type` is a DiscountType value, `value` percent or an amount.

    `renewals`: how many payments after the first it lasts, None: all; it counts where `is_recurring`.
    """

    words: str
    type: str
    value: Decimal
    is_recurring: bool = False
    renewals: int | None = None

    def off_period(self, price: Decimal, *, precision: int) -> Decimal:
        """What comes off a period of that (rounded) price: never more than all of it."""
        if self.type == DiscountType.PERCENT:
            return min(price, round_money(price * self.value / 100, precision=precision))
        value = round_money(self.value, precision=precision)
        if self.type == DiscountType.FIXED:
            return min(price, value)
        return max(price - value, ZERO) if self.type == DiscountType.PRICE else ZERO
