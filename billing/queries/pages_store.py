"""Reads for the store's pages: what a choice costs, line by line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.db.models import Q

from billing.models import Client, Service
from billing.queries.addons import addon_price
from billing.queries.order_units import stock_words
from billing.queries.terms import PricingTerms
from catalog.fields import is_sold_singly
from catalog.models import Currency, Price, Product
from catalog.options import ChosenOption, OptionsInvalid, choose_options
from catalog.pricing import PricedItem, Quote, quote
from catalog.queries import ORDER_ROWS, get_price
from catalog.queries_offers import cross_sold_by


class Configured(Protocol):
    """A product with the values and counts that a visitor chose."""

    @property
    def product_id(self) -> int: ...
    @property
    def fields(self) -> Mapping[str, str]: ...
    @property
    def options(self) -> Mapping[str, int]: ...
    @property
    def domain(self) -> str: ...


class Choice(Configured, Protocol):
    """What a visitor chose of one product, with the addons that go with it."""

    @property
    def cycle(self) -> str: ...
    @property
    def quantity(self) -> int: ...
    @property
    def parent_id(self) -> int | None: ...
    @property
    def addons(self) -> Sequence[Configured]: ...


@dataclass(frozen=True, slots=True)
class BasketLine:
    """A choice with its product, price and sum; `fields` are (label, value, is_secret).

    `addon_of` is the line that an addon goes with, `parent` the service that one is ordered for.
    """

    place: int
    product: Product
    price: Price
    quantity: int
    values: Mapping[str, str]
    fields: tuple[tuple[str, str, bool], ...]
    counts: Mapping[str, int]
    options: tuple[ChosenOption, ...]
    addon_of: int | None
    parent: Service | None
    amount: Decimal
    domain: str

    @property
    def has_quantity(self) -> bool:
        """Whether it can be changed how many are wanted: not where one is added to what is there.

        Somebody who wants several of what is sold singly must be able to go back to one.
        """
        is_alone = self.addon_of is None and self.parent is None
        return is_alone and (self.quantity > 1 or not is_sold_singly(self.product))

    @property
    def stock_fault(self) -> str:
        """Why there are not as many as are wanted."""
        left = self.product.stock_quantity
        return stock_words(left) if self.product.has_stock_control and self.quantity > left else ""


@dataclass(frozen=True, slots=True)
class MissingChoice:
    """What cannot be ordered in this currency any more: its place in the basket, and of which addon there."""

    place: int
    addon_id: int | None = None


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """Everything chosen, addons right behind what they go with."""

    lines: tuple[BasketLine, ...]
    missing: tuple[MissingChoice, ...]
    quote: Quote


@dataclass(frozen=True, slots=True)
class _Found:
    """A choice that can be ordered."""

    place: int
    choice: Configured
    product: Product
    price: Price
    quantity: int
    options: tuple[ChosenOption, ...]
    addon_of: int | None = None
    parent: Service | None = None


@dataclass(frozen=True, slots=True)
class LaterPayment:
    """What comes again each `cycle`: so many times (`renewals`), None: until it is stopped."""

    cycle: str
    renewals: int | None
    amount: Decimal


def later_payments(items: Sequence[PricedItem], quoted: Quote) -> list[LaterPayment]:
    """What comes again, cycle by cycle: addons may be billed for other periods than what they go with."""
    sums: dict[tuple[str, int | None], Decimal] = {}
    for item, amount in zip(items, quoted.recurring, strict=True):
        if amount:
            key = item.cycle, item.renewals
            sums[key] = sums.get(key, Decimal(0)) + amount
    return [LaterPayment(cycle, renewals, amount) for (cycle, renewals), amount in sums.items()]


def read_products(choices: Sequence[Choice], *, has_cross_sells: bool) -> Mapping[int, Product]:
    """All that pricing the basket reads, the products recommended with it too: five queries, however much is in it."""
    ids = product_ids(choices)
    wanted = Q(pk__in=ids, is_retired=False)
    rows = Product.objects.filter(wanted | cross_sold_by(ids) if has_cross_sells else wanted)
    return rows.select_related("group").prefetch_related(*ORDER_ROWS).in_bulk()


def product_ids(choices: Sequence[Choice]) -> set[int]:
    """What is in the basket, addons too."""
    return {entry.product_id for choice in choices for entry in (choice, *choice.addons)}


def price_basket(
    choices: Sequence[Choice],
    *,
    products: Mapping[int, Product],
    currency: Currency,
    client: Client | None,
    terms: PricingTerms,
) -> PricedBasket:
    """Prices the basket at this moment's prices; what `products` lacks cannot be ordered any more."""
    found, missing = _Offers(products, currency, _parents_of(choices, client)).find_all(choices)
    quoted = quote([_priced(one, found, terms, precision=currency.precision) for one in found])
    lines = tuple(_basket_line(index, one, quoted) for index, one in enumerate(found))
    return PricedBasket(lines=lines, missing=tuple(missing), quote=quoted)


def _priced(one: _Found, found: Sequence[_Found], terms: PricingTerms, *, precision: int) -> PricedItem:
    return terms.price(
        one.price,
        product=one.product,
        quantity=one.quantity,
        precision=precision,
        options=one.options,
        parent=_parent_product(one, found),
    )


def _parent_product(addon: _Found, found: Sequence[_Found]) -> Product | None:
    """What an addon is added to; None for what is ordered alone."""
    if addon.addon_of is not None:
        return found[addon.addon_of].product
    return addon.parent.product if addon.parent else None


def wanted_products(choices: Sequence[Choice], products: Mapping[int, Product]) -> list[tuple[Product, str]]:
    """The products chosen with their cycles, an addon with that of what it goes with."""
    return [
        (products[entry.product_id], choice.cycle)
        for choice in choices
        for entry in (choice, *choice.addons)
        if entry.product_id in products
    ]


def _parents_of(choices: Sequence[Choice], client: Client | None) -> Mapping[int, Service]:
    ids = {choice.parent_id for choice in choices if choice.parent_id is not None}
    if not ids or client is None:
        return {}
    return Service.objects.filter(client=client, pk__in=ids).select_related("product").in_bulk()


@dataclass(frozen=True, slots=True)
class _Offers:
    """Where choices are looked up: products and the client's services by id, prices in one currency."""

    products: Mapping[int, Product]
    currency: Currency
    parents: Mapping[int, Service]

    def find_all(self, choices: Sequence[Choice]) -> tuple[list[_Found], list[MissingChoice]]:
        """What can be ordered, addons right behind what they go with, and what cannot."""
        found: list[_Found] = []
        missing: list[MissingChoice] = []
        for place, choice in enumerate(choices):
            main = self._find(place, choice)
            if main is None:
                missing.append(MissingChoice(place))
                continue
            main_index = len(found)
            found.append(main)
            for addon in choice.addons:
                entry = self._find_with(main, main_index, addon)
                if entry is None:
                    missing.append(MissingChoice(place, addon.product_id))
                else:
                    found.append(entry)
        return found, missing

    def _find(self, place: int, choice: Choice) -> _Found | None:
        product = self.products.get(choice.product_id)
        price = get_price(product, choice.cycle, self.currency) if product else None
        options = self._options_of(product, price, choice)
        if product is None or price is None or options is None:
            return None
        if choice.parent_id is None:
            return _Found(place, choice, product, price, choice.quantity, options)
        parent = self.parents.get(choice.parent_id)
        return _Found(place, choice, product, price, choice.quantity, options, parent=parent) if parent else None

    def _find_with(self, main: _Found, main_index: int, addon: Configured) -> _Found | None:
        product = self.products.get(addon.product_id)
        price = addon_price(product, cycle=main.price.cycle, currency=self.currency) if product else None
        options = self._options_of(product, price, addon)
        if product is None or price is None or options is None:
            return None
        count = main.product.count_services(main.quantity)
        return _Found(main.place, addon, product, price, count, options, addon_of=main_index)

    def _options_of(
        self, product: Product | None, price: Price | None, choice: Configured
    ) -> tuple[ChosenOption, ...] | None:
        """None where an option cannot be had as it was chosen."""
        if product is None or price is None:
            return None
        try:
            return choose_options(product, choice.options, cycle=price.cycle, currency=self.currency)
        except OptionsInvalid:
            return None


def _basket_line(index: int, found: _Found, quoted: Quote) -> BasketLine:
    chosen = found.choice.fields
    fields = tuple(
        (field.words.label or field.key, chosen[field.key], field.is_secret)
        for field in found.product.custom_fields.all()
        if field.key in chosen
    )
    return BasketLine(
        place=found.place,
        product=found.product,
        price=found.price,
        quantity=found.quantity,
        values=chosen,
        fields=fields,
        counts=found.choice.options,
        options=found.options,
        addon_of=found.addon_of,
        parent=found.parent,
        domain=found.choice.domain,
        amount=sum((line.amount for line in quoted.lines if line.item_index == index), Decimal(0)),
    )
