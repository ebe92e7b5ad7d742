"""What is confirmed at a checkout. The fingerprint tells one checkout from another that has the same key."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from billing.actions.price_overrides import PriceOverride
from billing.models import Client, Service
from catalog.models import Product

NO_OVERRIDES: Final[Mapping[int, PriceOverride]] = MappingProxyType({})


@dataclass(frozen=True)
class ItemRequest:
    """One line of an order: `fields` by key, as the client typed them, `options` by key, how many.

    `domain` is for products that ask for one. An addon names the service that it is added to (`parent`), or an earlier
    line by its place (`parent_item`); its cycle may be "": then it follows from the parent. `is_item_unchecked`: an
    operator vouches for a license (`item`) that is no service of this client.
    """

    product: Product
    cycle: str
    quantity: int = 1
    fields: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, int] = field(default_factory=dict)
    domain: str = ""
    parent: Service | None = None
    parent_item: int | None = None
    is_item_unchecked: bool = False

    @property
    def content(self) -> list[Any]:
        """What the line asks for, in plain values."""
        content: list[Any] = [self.product.pk, self.cycle, self.quantity, sorted(self.fields.items())]
        extras = {
            "options": sorted(self.options.items()),
            "domain": self.domain,
            "parent": self.parent.pk if self.parent else None,
            "parent_item": self.parent_item,
            "is_item_unchecked": self.is_item_unchecked,
        }
        # What is not asked for is left out: orders placed before it could be asked for keep their fingerprints.
        named = {name: value for name, value in extras.items() if value not in (None, False, [], "")}
        return [*content, named] if named else content


@dataclass(frozen=True)
class Checkout:
    """What a client, or an operator or a program for one, confirmed; prices follow in the client's currency.

    `key`: names this checkout, 100 characters at most; the same key with the same content gives the same order.
    `items`: at least one; an item is named by its place, from 0. `payment_method`: one of PAYMENT_METHODS; it pays
    what credit does not. `promo_code`: as typed, "" for none; `notes`: the client's words to the shop.
    `uses_credit`: the client's credit is taken first. `overrides`: place of an item → the price that an operator
    grants for it. `is_terms_accepted`: whether the client agrees to the terms of service, where the store has any;
    None: not asked, somebody else orders for them. `referral_code`: of the affiliate whose link was followed; one that
    counts for nobody changes nothing. `is_client_told`: the letters about the order and its invoice go out.
    """

    client: Client
    items: Sequence[ItemRequest]
    payment_method: str
    key: str
    notes: str = ""
    promo_code: str = ""
    uses_credit: bool = False
    overrides: Mapping[int, PriceOverride] = NO_OVERRIDES
    is_terms_accepted: bool | None = None
    referral_code: str = ""
    is_client_told: bool = True

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of what makes it another order: who, what, at which granted price, how it is paid."""
        content: list[Any] = [self.client.pk, self.payment_method, self.notes, [item.content for item in self.items]]
        if self.overrides:
            granted = self.overrides.items()
            content.append(
                sorted([index, str(one.unit_price), str(one.setup_fee), one.reason] for index, one in granted)
            )
        if self.promo_code:
            content.append({"promo_code": self.promo_code.casefold()})
        if self.uses_credit:
            content.append("uses_credit")
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
