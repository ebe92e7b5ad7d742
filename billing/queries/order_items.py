"""A line of an order: as it is asked for, and as it may be ordered."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from billing.models import Service
from billing.queries.terms import PricingTerms
from catalog.models import Product
from catalog.options import ChosenOption
from catalog.pricing import PricedItem

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
    def domain(self) -> str: ...
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
    domain: str = ""

    @property
    def services(self) -> int:
        """How many services are made from it."""
        return self.product.count_services(self.quantity)

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
