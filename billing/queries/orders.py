"""What an order asks for, checked against the catalog and against what the client has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext as _

from billing.models import LIVE_STATUSES, Client, Service
from catalog.fields import FieldsInvalid, clean_field_values
from catalog.models import Product, QuantityMode
from catalog.queries import get_price

PAYMENT_METHODS = ("bank_transfer", "credit", "manual")
MOST_UNITS = 100


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


@dataclass(frozen=True)
class CheckedItem:
    """A line that may be ordered, with the prices of this moment and the license that a module belongs to."""

    product: Product
    cycle: str
    quantity: int
    fields: Mapping[str, str]
    unit_price: Decimal
    setup_fee: Decimal
    precision: int
    parent: Service | None


def check_items(*, client: Client, items: Sequence[RequestedItem], payment_method: str) -> list[CheckedItem]:
    """Every line checked; raises ItemFaults with all that is wrong at once."""
    errors: dict[str, list[str]] = {}
    if payment_method not in PAYMENT_METHODS:
        errors["payment_method"] = [_("Choose one of: %(methods)s.") % {"methods": ", ".join(PAYMENT_METHODS)}]
    if not items:
        errors["items"] = [_("Choose something to order.")]
    checked: list[CheckedItem] = []
    for index, item in enumerate(items):
        faults = _find_faults(item)
        parent = None
        values: dict[str, str] = {}
        try:
            values = clean_field_values(item.product, item.fields)
            parent = _find_parent(client, item.product, values)
        except FieldsInvalid as invalid:
            faults.update({f"fields.{key}": messages for key, messages in invalid.errors.items()})
        price = get_price(item.product, item.cycle, client.currency)
        if price is None:
            faults.setdefault("cycle", [_not_offered(item, client)])
        errors.update({f"items.{index}.{key}": messages for key, messages in faults.items()})
        if price is not None and not faults:
            checked.append(
                CheckedItem(
                    product=item.product,
                    cycle=item.cycle,
                    quantity=item.quantity,
                    fields=values,
                    unit_price=price.price,
                    setup_fee=price.setup_fee,
                    precision=client.currency.precision,
                    parent=parent,
                )
            )
    if errors:
        raise ItemFaults(errors)
    return checked


def _find_faults(item: RequestedItem) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    if item.product.is_retired:
        faults["product"] = [_("This product is no longer sold.")]
    if not 1 <= item.quantity <= MOST_UNITS:
        faults["quantity"] = [_("Enter a quantity from 1 to %(most)s.") % {"most": MOST_UNITS}]
    elif item.quantity > 1 and item.product.quantity_mode == QuantityMode.ONE:
        faults["quantity"] = [_("This product is sold one at a time.")]
    return faults


def _not_offered(item: RequestedItem, client: Client) -> str:
    return _("%(product)s is not offered for this period in %(currency)s.") % {
        "product": item.product.name,
        "currency": client.currency_id,
    }


def _find_parent(client: Client, product: Product, values: Mapping[str, str]) -> Service | None:
    """A module belongs to a live license of the same client (L1). Raises FieldsInvalid on `item`."""
    number = values.get("item", "")
    if product.kind != "addition" or not number:
        return None
    parent = Service.objects.filter(client=client, remote_id=number, kind="license", status__in=LIVE_STATUSES).first()
    if parent is None:
        message = _("This client has no live ispmanager license with the number %(number)s.") % {"number": number}
        raise FieldsInvalid({"item": [message]})
    return parent
