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


def store_groups(*, currency: Currency) -> list[StoreGroup]:
    """Visible groups with their visible products that can be ordered in `currency`; empty groups are left out."""
    products = _listed().filter(group__is_hidden=False)
    return _shelves(products, currency)


def get_store_group(*, slug: str, currency: Currency) -> StoreGroup:
    """The group behind a direct link, hidden or not, with its visible products. Raises ProductGroup.DoesNotExist."""
    shelf = next(iter(_shelves(_listed().filter(group__slug=slug), currency)), None)
    return shelf or StoreGroup(ProductGroup.objects.get(slug=slug), ())


def get_price(product: Product, cycle: str, currency: Currency) -> Price | None:
    """What `cycle` (a Cycle value) of the product costs in `currency`; None where that is not offered."""
    return next((price for price in offered_prices(product, currency) if price.cycle == cycle), None)


def offered_prices(product: Product, currency: Currency) -> tuple[Price, ...]:
    """Prices of the product in `currency`, shortest cycle first. A free product has one, unsaved: ONE_TIME at 0."""
    if product.payment_type == PaymentType.FREE:
        return (_free_price(product, currency),)
    return _by_cycle(price for price in product.prices.all() if price.currency_id == currency.pk)


def sold_with(addon: Product) -> list[Product]:
    """The listed products that an addon is offered with."""
    return list(_listed().filter(addons=addon))


def _listed() -> QuerySet[Product]:
    """What stands on shelves: addons are sold with other products."""
    return Product.objects.filter(is_hidden=False, is_retired=False, is_addon=False).select_related("group")


def _shelves(products: Iterable[Product], currency: Currency) -> list[StoreGroup]:
    listed = list(products)
    rows: defaultdict[int, list[Price]] = defaultdict(list)
    for price in Price.objects.filter(product__in=[product.pk for product in listed], currency=currency):
        rows[price.product_id].append(price)
    shelves: dict[int, list[StoreProduct]] = {}
    groups: dict[int, ProductGroup] = {}
    for product in listed:
        is_free = product.payment_type == PaymentType.FREE
        prices = (_free_price(product, currency),) if is_free else _by_cycle(rows[product.pk])
        if prices:
            groups.setdefault(product.group_id, product.group)
            shelves.setdefault(product.group_id, []).append(StoreProduct(product, prices))
    return [StoreGroup(group, tuple(shelves[group_id])) for group_id, group in groups.items()]


def _by_cycle(prices: Iterable[Price]) -> tuple[Price, ...]:
    return tuple(sorted(prices, key=lambda price: _CYCLE_ORDER.get(price.cycle, len(_CYCLE_ORDER))))


def _free_price(product: Product, currency: Currency) -> Price:
    return Price(product=product, currency=currency, cycle=Cycle.ONE_TIME, price=Decimal(0), setup_fee=Decimal(0))
