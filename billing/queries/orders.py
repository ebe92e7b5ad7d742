"""What an order asks for, checked against the catalog and against what the client has."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from billing.models import LIVE_STATUSES, Client, Service
from billing.queries.addons import AddonParent, addon_price, asks_domain, supplied_values
from billing.queries.gateways import PAYMENT_METHODS
from billing.queries.order_items import CheckedItem, Faults, ItemFaults, RequestedItem
from billing.queries.order_parents import find_addon_parent
from billing.queries.order_units import find_collisions, find_quantity_fault, find_sharing_fault
from catalog.domains import DomainInvalid, clean_domain
from catalog.fields import FieldsInvalid, clean_field_values
from catalog.models import Price
from catalog.options import ChosenOption, OptionsInvalid, choose_options
from catalog.queries import get_price


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
    errors.update(find_collisions(checked))
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
    addon_parent = find_addon_parent(client, item, earlier, checked, faults)
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
    domain = _clean_domain(item, addon_parent, faults)
    if not faults and (fault := find_sharing_fault(item.product, item.quantity, values)):
        faults["quantity"] = [fault]
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
        domain=domain,
    )


def _find_faults(item: RequestedItem, parent: AddonParent | None) -> Faults:
    faults: Faults = {"product": [_("This product is no longer sold.")]} if item.product.is_retired else {}
    fault = find_quantity_fault(item.product, item.quantity, parents=parent.quantity if parent else None)
    return faults | ({"quantity": [fault]} if fault else {})


def _clean_domain(item: RequestedItem, parent: AddonParent | None, faults: Faults) -> str:
    """The domain that the service is for: typed, or that of what an addon is added to."""
    typed = item.domain.strip()
    if not item.product.is_domain_required:
        if typed:
            faults["domain"] = [_("This product is for no domain: leave it out.")]
        return ""
    if not typed:
        if asks_domain(item.product, parent):
            faults["domain"] = [_("Enter the domain name that it is for.")]
        return (parent.domain if parent else "") or ""
    try:
        return clean_domain(typed)
    except DomainInvalid as invalid:
        faults["domain"] = [str(invalid)]
        return ""


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
        "product": item.product.words.name,
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
