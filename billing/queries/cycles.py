"""Billing cycles that a service may change to, and what they cost by the catalog (L6)."""

from dataclasses import dataclass
from decimal import Decimal

from billing.models import Service
from catalog.models import Cycle, OptionPrice
from catalog.modules import MODULES, allowed_cycles
from catalog.money import round_money
from catalog.periods import CYCLE_MONTHS
from catalog.queries import get_price


@dataclass(frozen=True, slots=True)
class CycleOffer:
    """A cycle that the tariff sells; `amount` is each later payment by the catalog, None where that has no price."""

    cycle: Cycle
    amount: Decimal | None


def cycle_offers(service: Service) -> list[CycleOffer]:
    """The other recurring cycles that can be sold for this service, shortest first."""
    others = [cycle for cycle in sold_cycles(service) if cycle != service.cycle]
    return [CycleOffer(cycle, catalog_amount(service, cycle)) for cycle in others]


def sold_cycles(service: Service) -> tuple[Cycle, ...]:
    """The cycles whose period the service's tariff sells; all of them where nothing is bought at a partner."""
    module = MODULES.get(service.module)
    if module is None or service.product.is_tariff_unchecked:
        return tuple(CYCLE_MONTHS)
    tariff = module.find_tariff(service.tariff_id, service.product.server_group)
    return allowed_cycles(tariff) if tariff is not None else ()


def catalog_amount(service: Service, cycle: str) -> Decimal | None:
    """The product's price and that of the service's options for one period of `cycle`, times the service's units.

    None if one of them is not sold so.
    """
    price = get_price(service.product, cycle, service.currency)
    if price is None:
        return None
    total = round_money(price.price, precision=service.currency.precision)
    for chosen in service.options.filter(quantity__gt=0).select_related("option"):
        unit = option_price(chosen.option_id, cycle, service)
        if unit is None:
            return None
        total += unit * chosen.quantity
    return total * service.quantity


def option_price(option_id: int, cycle: str, service: Service) -> Decimal | None:
    """What one unit of an option adds to each period of `cycle`; None if it is not sold so."""
    found = OptionPrice.objects.filter(option_id=option_id, cycle=cycle, currency=service.currency).first()
    return round_money(found.price, precision=service.currency.precision) if found else None
