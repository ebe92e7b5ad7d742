"""What an ordered addon is added to: a service of the client, or an earlier line of the same order."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from billing.models import Client, Service
from billing.queries.addons import AddonParent, parent_of_service
from billing.queries.order_items import CheckedItem, Faults, RequestedItem
from catalog.models import Product


def find_addon_parent(
    client: Client,
    item: RequestedItem,
    earlier: Sequence[RequestedItem],
    checked: Sequence[CheckedItem | None],
    faults: Faults,
) -> AddonParent | None:
    """None for what is ordered alone, and where `faults` say what is wrong."""
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
    return AddonParent(
        product=item.product,
        cycle=line.cycle if line else item.cycle,
        quantity=item.product.count_services(item.quantity),
        ip=line.fields.get("ip", "") if line else None,
        domain=line.domain if line else None,
    )


def _offering(parent: AddonParent, addon: Product, place: str, faults: Faults) -> AddonParent | None:
    if parent.product.addons.filter(pk=addon.pk).exists():
        return parent
    words = {"addon": addon.words.name, "product": parent.product.words.name}
    faults[place] = [_("%(addon)s is not sold with %(product)s.") % words]
    return None
