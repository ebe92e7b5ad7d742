"""What is wrong with the terms that a product is sold on: (field, message) for `catalog.checks`."""

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from catalog.models import AffiliatePay, OnDemand, PaymentType, Product

# What the columns hold in every database.
MOST_OF_TERMS: Final = 32_767


def check_terms(product: Product) -> Iterator[tuple[str, str]]:
    """What repeats is for what is paid again and again; a fixed term ends anything."""
    for field in ("recurring_limit", "fixed_term_days"):
        count = getattr(product, field)
        if isinstance(count, int) and count > MOST_OF_TERMS:
            yield field, _("Enter at most %(most)s.") % {"most": MOST_OF_TERMS}
    if product.payment_type == PaymentType.RECURRING:
        return
    if product.recurring_limit:
        yield "recurring_limit", _("Only a recurring product is renewed: enter 0.")
    if product.is_prorata:
        yield "is_prorata", _("Only a recurring product has periods that begin on a day of the month.")
    if product.on_demand == OnDemand.OWN and any(_read_days(product).values()):
        yield "on_demand_days", _("Only a recurring product can be renewed: leave the days empty.")


def _read_days(product: Product) -> Mapping[str, Any]:
    """What is no mapping has its message already."""
    days = product.on_demand_days
    return days if isinstance(days, Mapping) else {}


def check_payout(product: Product) -> Iterator[tuple[str, str]]:
    """What an affiliate earns."""
    if not isinstance(product.affiliate_amount, Decimal | int):
        return
    if product.affiliate_amount < 0:
        yield "affiliate_amount", _("Enter 0 or more.")
    elif product.affiliate_pay == AffiliatePay.PERCENT and product.affiliate_amount > 100:
        yield "affiliate_amount", _("A percentage is at most 100.")


def check_cross_sells(product: Product, chosen: Collection[Product]) -> Iterator[tuple[str, str]]:
    """Products that are recommended while this one is ordered."""
    for other in chosen:
        if other.pk == product.pk:
            yield "cross_sells", _("A product does not recommend itself.")
        elif other.is_addon:
            words = _("“%(addon)s” is an addon: it is offered with the products that it is sold with.")
            yield "cross_sells", words % {"addon": other.name}
