"""What a visitor has chosen and not ordered yet. It lives in the session, encrypted: fields may hold secrets."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.http import HttpRequest

from vault.fields import DecryptionFailed, decrypt, encrypt

SESSION_KEY = "basket"
# The promo code that was typed or came with a link; the checkout judges it.
PROMO_KEY = "promo_code"
# What the order of this very basket goes by: all windows that show it submit the same key.
CHECKOUT_KEY = "checkout_key"
LIMIT = 20


@dataclass(frozen=True, slots=True)
class BasketAddon:
    """An addon chosen together with a product; its cycle and quantity follow from there."""

    product_id: int
    fields: Mapping[str, str]
    options: Mapping[str, int] = field(default_factory=dict)
    domain: str = ""


@dataclass(frozen=True, slots=True)
class BasketItem:
    """One configured product; `fields` holds key → value, judged by the catalog when it was put in.

    `parent_id` is the service that an addon is for; `addons` go where the item goes.
    """

    product_id: int
    cycle: str
    quantity: int
    fields: Mapping[str, str]
    options: Mapping[str, int] = field(default_factory=dict)
    parent_id: int | None = None
    addons: tuple[BasketAddon, ...] = ()
    domain: str = ""


def read_basket(request: HttpRequest) -> list[BasketItem]:
    """The items in the order in which they were put in; none where the session or the keys are gone."""
    token = request.session.get(SESSION_KEY, "")
    if not token:
        return []
    try:
        return [_item_of(values) for values in json.loads(decrypt(token))]
    except DecryptionFailed:
        return []


def _item_of(values: dict[str, Any]) -> BasketItem:
    addons = tuple(BasketAddon(**addon) for addon in values.pop("addons", ()))
    return BasketItem(**values, addons=addons)


def put_in_basket(request: HttpRequest, item: BasketItem, *, place: int | None = None) -> None:
    """Adds `item`, or puts it in the place of an earlier one. The same twice is one: going back and on adds nothing."""
    items = read_basket(request)
    if place is not None and place < len(items):
        items[place] = item
    elif item not in items:
        items.append(item)
    _write(request, items[-LIMIT:])


def remove_from_basket(request: HttpRequest, *, place: int) -> None:
    """Takes one item out, its addons with it; a place that is not there changes nothing."""
    _write(request, [item for index, item in enumerate(read_basket(request)) if index != place])


def remove_addon_from_basket(request: HttpRequest, *, place: int, product_id: int) -> None:
    """Takes an addon off an item; what is not there changes nothing."""
    items = read_basket(request)
    if place < len(items):
        kept = tuple(addon for addon in items[place].addons if addon.product_id != product_id)
        items[place] = replace(items[place], addons=kept)
    _write(request, items)


def set_quantity_in_basket(request: HttpRequest, *, place: int, quantity: int) -> None:
    """Orders so many of an item; a place that is not there changes nothing."""
    items = read_basket(request)
    if place < len(items):
        items[place] = replace(items[place], quantity=quantity)
    _write(request, items)


def checkout_key(request: HttpRequest) -> str:
    """What makes one order of however many submits of the basket as it is now."""
    if not request.session.get(CHECKOUT_KEY):
        request.session[CHECKOUT_KEY] = secrets.token_urlsafe(24)
    return str(request.session[CHECKOUT_KEY])


def empty_basket(request: HttpRequest) -> None:
    """Takes everything out."""
    _write(request, [])


def _write(request: HttpRequest, items: list[BasketItem]) -> None:
    request.session[SESSION_KEY] = encrypt(json.dumps([asdict(item) for item in items])) if items else ""
    # The count is kept apart, so that the header of a page decrypts nothing.
    request.session[f"{SESSION_KEY}_count"] = len(items)
    # A window that still shows the basket as it was must not order what it does not show.
    request.session[CHECKOUT_KEY] = secrets.token_urlsafe(24)
