"""What a visitor has chosen and not ordered yet. It lives in the session, encrypted: fields may hold secrets."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from django.http import HttpRequest

from vault.fields import DecryptionFailed, decrypt, encrypt

SESSION_KEY = "basket"
LIMIT = 20


@dataclass(frozen=True, slots=True)
class BasketItem:
    """One configured product; `fields` holds key → value, judged by the catalog when it was put in."""

    product_id: int
    cycle: str
    quantity: int
    fields: Mapping[str, str]


def read_basket(request: HttpRequest) -> list[BasketItem]:
    """The items in the order in which they were put in; none where the session or the keys are gone."""
    token = request.session.get(SESSION_KEY, "")
    if not token:
        return []
    try:
        return [BasketItem(**values) for values in json.loads(decrypt(token))]
    except DecryptionFailed:
        return []


def put_in_basket(request: HttpRequest, item: BasketItem, *, place: int | None = None) -> None:
    """Adds `item`, or puts it in the place of an earlier one. The same twice is one: going back and on adds nothing."""
    items = read_basket(request)
    if place is not None and place < len(items):
        items[place] = item
    elif item not in items:
        items.append(item)
    _write(request, items[-LIMIT:])


def remove_from_basket(request: HttpRequest, *, place: int) -> None:
    """Takes one item out; a place that is not there changes nothing."""
    _write(request, [item for index, item in enumerate(read_basket(request)) if index != place])


def empty_basket(request: HttpRequest) -> None:
    """Takes everything out."""
    _write(request, [])


def _write(request: HttpRequest, items: list[BasketItem]) -> None:
    request.session[SESSION_KEY] = encrypt(json.dumps([asdict(item) for item in items])) if items else ""
    # The count is kept apart, so that the header of a page decrypts nothing.
    request.session[f"{SESSION_KEY}_count"] = len(items)
