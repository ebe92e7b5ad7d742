"""Which ways to pay the groups of what is ordered take (P2)."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from billing.gateways import ONLINE
from billing.queries.gateways import read_gateways
from catalog.models import Product


def find_method_fault(payment_method: str, products: Iterable[Product]) -> str:
    """Why an order of `products` cannot be paid so; "" where it is offered and each of their groups takes it."""
    if payment_method in ONLINE and payment_method not in read_gateways():
        return _("This way to pay is not offered.")
    refusing = sorted({product.group.words.name for product in products if payment_method in closed_methods([product])})
    if not refusing:
        return ""
    words = _("This way to pay is not taken for products of these groups: %(groups)s.")
    return words % {"groups": ", ".join(refusing)}


def closed_methods(products: Iterable[Product]) -> set[str]:
    """The ways to pay that a group of at least one of `products` switches off."""
    return {method for product in products for method in product.group.closed_payment_methods}
