"""Reads for the store's pages: what a choice costs, line by line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext

from catalog.models import Currency, Price, Product
from catalog.pricing import PricedItem, Quote, quote
from catalog.queries import StoreGroup, get_price


class Choice(Protocol):
    """What a visitor chose of one product."""

    @property
    def product_id(self) -> int: ...
    @property
    def cycle(self) -> str: ...
    @property
    def quantity(self) -> int: ...
    @property
    def fields(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class BasketLine:
    """A choice with its product, price and sum; `fields` are (label, value, is_secret)."""

    place: int
    product: Product
    price: Price
    quantity: int
    values: Mapping[str, str]
    fields: tuple[tuple[str, str, bool], ...]
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """Everything chosen. `missing` are places in the basket of what cannot be ordered in this currency any more."""

    lines: tuple[BasketLine, ...]
    missing: tuple[int, ...]
    quote: Quote


def price_item(price: Price, *, product: Product, quantity: int, currency: Currency) -> PricedItem:
    """A choice in the words of the price engine."""
    return PricedItem(
        description=product.name,
        cycle=price.cycle,
        quantity=quantity,
        unit_price=price.price,
        setup_fee=price.setup_fee,
        precision=currency.precision,
    )


def price_basket(choices: Sequence[Choice], *, currency: Currency) -> PricedBasket:
    """Prices the basket at this moment's prices; two queries and two more for fields, however much is in it."""
    ids = {choice.product_id for choice in choices}
    products = (
        Product.objects.filter(pk__in=ids, is_retired=False)
        .select_related("group")
        .prefetch_related("prices", "custom_fields")
        .in_bulk()
    )
    found: list[tuple[int, Choice, Product, Price]] = []
    missing: list[int] = []
    for place, choice in enumerate(choices):
        product = products.get(choice.product_id)
        price = get_price(product, choice.cycle, currency) if product else None
        if product is None or price is None:
            missing.append(place)
        else:
            found.append((place, choice, product, price))
    quoted = quote(
        [
            price_item(price, product=product, quantity=choice.quantity, currency=currency)
            for _, choice, product, price in found
        ]
    )
    lines = tuple(
        _basket_line(index, place, choice, product, price, quoted)
        for index, (place, choice, product, price) in enumerate(found)
    )
    return PricedBasket(lines=lines, missing=tuple(missing), quote=quoted)


def _basket_line(index: int, place: int, choice: Choice, product: Product, price: Price, quoted: Quote) -> BasketLine:
    fields = tuple(
        (gettext(field.label) if field.label else field.key, choice.fields[field.key], field.is_secret)
        for field in product.custom_fields.all()
        if field.key in choice.fields
    )
    return BasketLine(
        place=place,
        product=product,
        price=price,
        quantity=choice.quantity,
        values=choice.fields,
        fields=fields,
        amount=sum((line.amount for line in quoted.lines if line.item_index == index), Decimal(0)),
    )


def lowest_price(shelf: StoreGroup) -> Price | None:
    """What a group starts from: the cheapest price on its shelf."""
    prices = [price for product in shelf.products for price in product.prices]
    return min(prices, key=lambda price: price.price, default=None)
