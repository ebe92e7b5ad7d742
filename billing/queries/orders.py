"""What an order asks for, checked against the catalog and against what the client has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext as _

from billing.models import LIVE_STATUSES, Client, Service
from billing.queries.addons import AddonParent, addon_price, parent_of_service, supplied_values
from billing.queries.terms import PricingTerms
from catalog.fields import FieldsInvalid, clean_field_values
from catalog.models import Price, Product, QuantityMode
from catalog.options import ChosenOption, OptionsInvalid, choose_options
from catalog.pricing import PricedItem
from catalog.queries import get_price

PAYMENT_METHODS = ("bank_transfer", "credit", "manual")
MOST_UNITS = 100

Faults = dict[str, list[str]]


class ItemFaults(Exception):
    """Items cannot be ordered; `errors` maps paths such as "items.0.cycle" to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


class RequestedItem(Protocol):
    """What `check_items` reads of a requested line."""

    @property
    def product(self) -> Product: ...
    @property
    def cycle(self) -> str: ...
    @property
    def quantity(self) -> int: ...
    @property
    def fields(self) -> Mapping[str, str]: ...
    @property
    def options(self) -> Mapping[str, int]: ...
    @property
    def parent(self) -> Service | None: ...
    @property
    def parent_item(self) -> int | None: ...
    @property
    def is_item_unchecked(self) -> bool: ...


@dataclass(frozen=True)
class CheckedItem:
    """A line that may be ordered, with the prices of this moment.

    `parent` is the service that a module or addon belongs to, `parent_item` the earlier line whose services it is
    added to, one each; `parent_product` is what is sold there.
    """

    product: Product
    cycle: str
    quantity: int
    fields: Mapping[str, str]
    options: tuple[ChosenOption, ...]
    unit_price: Decimal
    setup_fee: Decimal
    precision: int
    parent: Service | None
    parent_item: int | None
    parent_product: Product | None = None

    def priced(self, terms: PricingTerms) -> PricedItem:
        """The line in the words of the price engine."""
        return terms.item(
            self.product,
            cycle=self.cycle,
            quantity=self.quantity,
            unit_price=self.unit_price,
            setup_fee=self.setup_fee,
            precision=self.precision,
            options=self.options,
            parent=self.parent_product,
        )


def check_items(*, client: Client, items: Sequence[RequestedItem], payment_method: str) -> list[CheckedItem]:
    """Every line checked; raises ItemFaults with all that is wrong at once."""
    errors: Faults = {}
    if payment_method not in PAYMENT_METHODS:
        errors["payment_method"] = [_("Choose one of: %(methods)s.") % {"methods": ", ".join(PAYMENT_METHODS)}]
    if not items:
        errors["items"] = [_("Choose something to order.")]
    checked: list[CheckedItem | None] = []
    for index, item in enumerate(items):
        faults: Faults = {}
        checked.append(_check_item(client, item, items[:index], checked, faults))
        errors.update({f"items.{index}.{key}": messages for key, messages in faults.items()})
    if errors:
        raise ItemFaults(errors)
    return [line for line in checked if line is not None]


def _check_item(
    client: Client,
    item: RequestedItem,
    earlier: Sequence[RequestedItem],
    checked: Sequence[CheckedItem | None],
    faults: Faults,
) -> CheckedItem | None:
    """The line, or None with what is wrong written into `faults`."""
    addon_parent = _find_addon_parent(client, item, earlier, checked, faults)
    if item.product.is_addon and addon_parent is None:
        return None
    faults.update(_find_faults(item, addon_parent))
    price = _find_price(item, addon_parent, client)
    if price is None:
        faults.setdefault("cycle", [_not_offered(item, client)])
    supplied = supplied_values(item.product, addon_parent) if addon_parent else {}
    values: dict[str, str] = {}
    parent = addon_parent.service if addon_parent else None
    try:
        values = clean_field_values(item.product, item.fields, supplied=supplied)
        if not item.product.is_addon:
            parent = _find_license(client, item, values)
    except FieldsInvalid as invalid:
        faults.update({f"fields.{key}": messages for key, messages in invalid.errors.items()})
    options = _choose_options(item, price, client, faults)
    if faults or price is None:
        return None
    return CheckedItem(
        product=item.product,
        cycle=price.cycle,
        quantity=item.quantity,
        fields=values,
        options=options,
        unit_price=price.price,
        setup_fee=price.setup_fee,
        precision=client.currency.precision,
        parent=parent,
        parent_item=item.parent_item,
        parent_product=addon_parent.product if addon_parent else None,
    )


def _find_addon_parent(
    client: Client,
    item: RequestedItem,
    earlier: Sequence[RequestedItem],
    checked: Sequence[CheckedItem | None],
    faults: Faults,
) -> AddonParent | None:
    """What an addon is added to; None for what is ordered alone, and where `faults` say what is wrong."""
    place = "parent_item" if item.parent is None else "parent"
    has_parent = item.parent is not None or item.parent_item is not None
    if not item.product.is_addon:
        if has_parent:
            faults[place] = [_("This product is not an addon: it is ordered alone.")]
        return None
    if item.parent is not None and item.parent_item is not None:
        faults["parent"] = [_("An addon is added to a service or to an item of the order, not to both.")]
    elif item.parent is not None:
        if fault := _find_service_fault(client, item.parent):
            faults["parent"] = [fault]
        else:
            return _offering(parent_of_service(item.parent), item.product, place, faults)
    elif item.parent_item is not None:
        if 0 <= item.parent_item < len(earlier):
            parent = _parent_of_line(earlier[item.parent_item], checked[item.parent_item])
            return _offering(parent, item.product, place, faults)
        faults[place] = [_("Name an earlier item of this order by its place, counted from 0.")]
    else:
        faults["product"] = [_("This is an addon: it is sold together with another product or for a service.")]
    return None


def _find_service_fault(client: Client, service: Service) -> str:
    if service.client_id != client.pk:
        return _("This client has no such service.")
    return _("The service has ended.") if service.is_ended else ""


def _parent_of_line(item: RequestedItem, line: CheckedItem | None) -> AddonParent:
    ip = line.fields.get("ip", "") if line else None
    return AddonParent(item.product, line.cycle if line else item.cycle, item.quantity, ip)


def _offering(parent: AddonParent, addon: Product, place: str, faults: Faults) -> AddonParent | None:
    if parent.product.addons.filter(pk=addon.pk).exists():
        return parent
    words = {"addon": addon.name, "product": parent.product.name}
    faults[place] = [_("%(addon)s is not sold with %(product)s.") % words]
    return None


def _find_faults(item: RequestedItem, parent: AddonParent | None) -> Faults:
    faults: Faults = {"product": [_("This product is no longer sold.")]} if item.product.is_retired else {}
    fault = ""
    if not 1 <= item.quantity <= MOST_UNITS:
        fault = _("Enter a quantity from 1 to %(most)s.") % {"most": MOST_UNITS}
    elif parent is not None and item.quantity != parent.quantity:
        fault = _("One is added to each service: the quantity has to be %(count)s.") % {"count": parent.quantity}
    elif parent is None and item.quantity > 1 and item.product.quantity_mode == QuantityMode.ONE:
        fault = _("This product is sold one at a time.")
    elif item.product.has_stock_control and item.quantity > item.product.stock_quantity:
        fault = stock_words(item.product.stock_quantity)
    return faults | ({"quantity": [fault]} if fault else {})


def stock_words(left: int) -> str:
    """Why no more can be had, for somebody who wants more than are in stock."""
    return _("Only %(left)s left in stock.") % {"left": left} if left else _("Sold out.")


def _find_price(item: RequestedItem, parent: AddonParent | None, client: Client) -> Price | None:
    """The price of the cycle asked for; an addon without one takes its parent's, else its own shortest."""
    if parent is not None and not item.cycle:
        return addon_price(item.product, cycle=parent.cycle, currency=client.currency)
    return get_price(item.product, item.cycle, client.currency)


def _choose_options(
    item: RequestedItem, price: Price | None, client: Client, faults: Faults
) -> tuple[ChosenOption, ...]:
    if price is None:
        # Which options there are depends on the period: the wrong period is told first.
        return ()
    try:
        return choose_options(item.product, item.options, cycle=price.cycle, currency=client.currency)
    except OptionsInvalid as invalid:
        faults.update({f"options.{key}": messages for key, messages in invalid.errors.items()})
        return ()


def _not_offered(item: RequestedItem, client: Client) -> str:
    return _("%(product)s is not offered for this period in %(currency)s.") % {
        "product": item.product.name,
        "currency": client.currency_id,
    }


def _find_license(client: Client, item: RequestedItem, values: Mapping[str, str]) -> Service | None:
    """A module belongs to a live license of the same client, or to one that an operator vouches for (L1).

    Raises FieldsInvalid on `item`.
    """
    number = values.get("item", "")
    if item.product.kind != "addition" or not number:
        return None
    parent = Service.objects.filter(client=client, remote_id=number, kind="license", status__in=LIVE_STATUSES).first()
    if parent is None and not item.is_item_unchecked:
        message = _("This client has no live ispmanager license with the number %(number)s.") % {"number": number}
        raise FieldsInvalid({"item": [message]})
    return parent
