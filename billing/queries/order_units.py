"""How many of something one order may ask for, and what it may not ask for twice."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.utils.translation import gettext as _

from billing.queries.order_items import CheckedItem, Faults
from catalog.models import Product, QuantityMode
from catalog.modules import SoleUnit, find_sole_unit

# Services that one line may make, and units that one of them may have.
MOST_SERVICES: Final = 100
MOST_UNITS: Final = 1000


def most_units(product: Product) -> int:
    """The largest quantity of a line of this product."""
    return MOST_UNITS if product.is_scaling else MOST_SERVICES


def find_quantity_fault(product: Product, quantity: int, *, parents: int | None) -> str:
    """Why so many cannot be had; "". `parents`: how many services an addon is added to, None for what stands alone."""
    most = most_units(product)
    if not 1 <= quantity <= most:
        return _("Enter a quantity from 1 to %(most)s.") % {"most": most}
    if parents is not None and quantity != parents:
        return _("One is added to each service: the quantity has to be %(count)s.") % {"count": parents}
    if parents is None and quantity > 1 and product.quantity_mode == QuantityMode.ONE:
        return _("This product is sold one at a time.")
    if product.has_stock_control and quantity > product.stock_quantity:
        return stock_words(product.stock_quantity)
    return ""


def stock_words(left: int) -> str:
    """Why no more can be had, for somebody who wants more than are in stock."""
    return _("Only %(left)s left in stock.") % {"left": left} if left else _("Sold out.")


def find_sharing_fault(product: Product, quantity: int, values: Mapping[str, str]) -> str:
    """Why so many cannot have the same values, such as one address: the partner would refuse the second; "" if fine."""
    sole = find_sole_unit(product, values) if product.count_services(quantity) > 1 else None
    if sole is None:
        return ""
    return _("“%(field)s” can be used for one only: order the others by themselves, each with its own.") % {
        "field": _label(product, sole)
    }


def find_collisions(lines: Sequence[CheckedItem | None]) -> Faults:
    """Lines that ask the partner for what an earlier line asks for: the second would be paid for and refused."""
    faults: Faults = {}
    seen: set[str] = set()
    for index, line in enumerate(lines):
        sole = find_sole_unit(line.product, _values_of(line)) if line is not None else None
        if line is None or sole is None:
            continue
        if sole.key in seen:
            path = f"fields.{sole.field}" if sole.field in line.fields else "product"
            words = _("This order has the product with the same “%(field)s” already.")
            faults[f"items.{index}.{path}"] = [words % {"field": _label(line.product, sole)}]
        seen.add(sole.key)
    return faults


def _values_of(line: CheckedItem) -> Mapping[str, str]:
    """With the license that a module goes on, where its number is not known yet."""
    if line.product.kind != "addition" or line.fields.get("item"):
        return line.fields
    license_words = f"line {line.parent_item}" if line.parent is None else f"service {line.parent.pk}"
    return {**line.fields, "item": license_words}


def _label(product: Product, sole: SoleUnit) -> str:
    labels = (field.words.label for field in product.custom_fields.all() if field.key == sole.field)
    return next(labels, "") or sole.field
