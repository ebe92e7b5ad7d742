"""What stands on the lines of invoices: amounts with their taxes, words, periods."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing.models import Service
from billing.queries.taxes import taxes_as_rows
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS, add_months
from catalog.taxes import Taxation, tax_charge


def discount_words(charged: str, *, code: str) -> str:
    """What stands on the invoice line of a promo code; `charged`: what it is a discount on, in words."""
    words = _("%(product)s: promo code %(code)s") % {"product": charged, "code": code}
    return words[:255]


def charge_values(amount: Decimal, taxation: Taxation, *, precision: int) -> dict[str, Any]:
    """The columns of an invoice line that charges `amount`, at the price list's terms, and its taxes.

    The rates are frozen here: a line keeps them whatever becomes of the rules. Which day's rules those are is the
    caller's to say: the day of the order for its first period, the day that the period starts for a renewal, the day
    of issue for a line that somebody typed.
    """
    charge = tax_charge(amount, taxation, precision=precision)
    return {
        "amount": charge.net,
        "tax": charge.tax,
        "taxes": taxes_as_rows(charge.taxes),
        "tax_ground": taxation.ground,
    }


def first_period_end(service: Service) -> date | None:
    """The end (excluded) of the period that the first payment covers; None for what is paid once."""
    if service.order_line.first_period_end is not None:
        return service.order_line.first_period_end
    months = CYCLE_MONTHS.get(Cycle(service.cycle))
    return add_months(service.registered_on, months, anchor_day=service.anchor_day) if months else None
