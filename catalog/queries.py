"""Reads of the catalog: what the store shows and what may be ordered."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db.models import QuerySet

from catalog.models import Currency, Cycle, PaymentType, Price, Product, ProductGroup

# What an order form and the judgment of an order read of a product.
ORDER_ROWS: Final = ("prices", "custom_fields", "options__prices")
_CYCLE_ORDER = {cycle: position for position, cycle in enumerate(Cycle.values)}


@dataclass(frozen=True, slots=True)
class StoreProduct:
    """A product on the shelf with its prices in one currency, shortest cycle first."""

    product: Product
    prices: tuple[Price, ...]


@dataclass(frozen=True, slots=True)
class StoreGroup:
    """A group of the store with what is listed in it."""

    group: ProductGroup
    products: tuple[StoreProduct, ...]


def get_store_group(*, slug: str, currency: Currency) -> StoreGroup:
    """The group behind a direct link, hidden or not, with its visible products. Raises ProductGroup.DoesNotExist."""
    listed = list(listed_products().filter(group__slug=slug))
    group = listed[0].group if listed else ProductGroup.objects.get(slug=slug)
    rows: defaultdict[int, list[Price]] = defaultdict(list)
    for price in Price.objects.filter(product__in=[product.pk for product in listed], currency=currency):
        rows[price.product_id].append(price)
    prices = {product.pk: _by_cycle(rows[product.pk]) for product in listed}
    free = (product for product in listed if product.payment_type == PaymentType.FREE)
    prices |= {product.pk: (free_price(currency, product),) for product in free}
    return StoreGroup(group, tuple(StoreProduct(one, prices[one.pk]) for one in listed if prices[one.pk]))


def get_price(product: Product, cycle: str, currency: Currency) -> Price | None:
    """What `cycle` (a Cycle value) of the product costs in `currency`; None where that is not offered."""
    return next((price for price in offered_prices(product, currency) if price.cycle == cycle), None)


def offered_prices(product: Product, currency: Currency) -> tuple[Price, ...]:
    """Prices of the product in `currency`, shortest cycle first. A free product has one, unsaved: ONE_TIME at 0."""
    if product.payment_type == PaymentType.FREE:
        return (free_price(currency, product),)
    return _by_cycle(price for price in product.prices.all() if price.currency_id == currency.pk)


def sold_with(addon: Product) -> list[Product]:
    """The listed products that an addon is offered with."""
    return list(listed_products().filter(addons=addon))


def listed_products() -> QuerySet[Product]:
    """What stands on shelves: addons are sold with other products."""
    return Product.objects.filter(is_hidden=False, is_retired=False, is_addon=False).select_related("group")


def _by_cycle(prices: Iterable[Price]) -> tuple[Price, ...]:
    return tuple(sorted(prices, key=lambda price: _CYCLE_ORDER.get(price.cycle, len(_CYCLE_ORDER))))


def free_price(currency: Currency, product: Product | None = None) -> Price:
    """The one price of a free product, unsaved."""
    return Price(product=product, currency=currency, cycle=Cycle.ONE_TIME, price=Decimal(0), setup_fee=Decimal(0))
