"""Addons (P14): what may be added to a service or to another line of an order, and what comes from there."""

from dataclasses import dataclass

from billing.models import Service
from billing.queries.services import field_values
from catalog.models import Currency, Price, Product
from catalog.modules import product_field_specs
from catalog.queries import ORDER_ROWS, get_price, offered_prices


@dataclass(frozen=True, slots=True)
class AddonParent:
    """What an addon is added to: a service, or an earlier line of the same order (then `service` is None).

    `quantity` is how many services that is. `ip` and `domain` are "" where there is none to take over, None where it
    is not known yet.
    """

    product: Product
    cycle: str
    quantity: int
    ip: str | None
    remote_id: str = ""
    service: Service | None = None
    domain: str | None = ""


@dataclass(frozen=True, slots=True)
class OfferedAddon:
    """An addon with the price at which it is offered: for the cycle of what it is added to, else its shortest."""

    product: Product
    price: Price


def parent_of_service(service: Service) -> AddonParent:
    """A service as something that addons are added to: its dedicated IP, else its `ip` field, is theirs."""
    return AddonParent(
        product=service.product,
        cycle=service.cycle,
        quantity=1,
        ip=service.dedicated_ip or field_values(service).get("ip", ""),
        remote_id=service.remote_id,
        service=service,
        domain=service.domain,
    )


def supplied_values(addon: Product, parent: AddonParent) -> dict[str, str]:
    """Fields of the addon that are not asked, by key, with their values ("": known once the parent is bought)."""
    if addon.kind == "addition":
        return {"item": parent.remote_id}
    address = next((spec for spec in product_field_specs(addon) if spec.key == "ip"), None)
    # An address that the partner would refuse is no help: then the client is asked.
    if address is None or parent.ip == "" or (parent.ip and address.find_fault(parent.ip)):
        return {}
    return {"ip": parent.ip or ""}


def asks_domain(product: Product, parent: AddonParent | None) -> bool:
    """Whether the client has to name a domain: an addon is for that of what it is added to."""
    return product.is_domain_required and (parent is None or parent.domain == "")


def addon_price(addon: Product, *, cycle: str, currency: Currency) -> Price | None:
    """The addon's price for the parent's cycle, else for its own shortest; None if it is not sold in `currency`."""
    return get_price(addon, cycle, currency) or next(iter(offered_prices(addon, currency)), None)


def addons_of(product: Product) -> list[Product]:
    """The addons that clients are offered with a product, with all that an order form reads; six queries."""
    rows = product.addons.filter(is_addon=True, is_hidden=False, is_retired=False)
    return list(rows.select_related("group", "server_group").prefetch_related(*ORDER_ROWS))


def can_be_added(addon: Product, service: Service) -> bool:
    """Whether the service is live or pending, and its product is sold with the addon."""
    return not service.is_ended and service.product.addons.filter(pk=addon.pk).exists()


def offered_addons(service: Service) -> list[OfferedAddon]:
    """What the owner of a live or pending service may add to it now; not what it has already."""
    if service.is_ended:
        return []
    had = set(service.children.not_ended().values_list("product_id", flat=True))
    currency = service.client.currency
    found = [
        (addon, addon_price(addon, cycle=service.cycle, currency=currency))
        for addon in addons_of(service.product)
        if addon.pk not in had
    ]
    return [OfferedAddon(addon, price) for addon, price in found if price is not None]
