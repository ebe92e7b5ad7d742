"""Products made of a price list, and prices that follow their cost: the catalog's actions, with their events."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from billing.actions.events import record_event
from catalog.actions.price_changes import accept_price_changes, keep_prices
from catalog.actions.tariff_products import create_tariff_products
from catalog.models import Product
from catalog.queries_costs import PriceChange
from catalog.queries_tariffs import Wishes


def import_tariffs(*, wishes: Wishes, token: str, seen: str, actor: str, now: datetime) -> list[Product]:
    """`create_tariff_products`, with an event. Raises what that raises."""
    with transaction.atomic():
        products = create_tariff_products(wishes=wishes, token=token, seen=seen, now=now)
        data = {
            "server": wishes.server.pk,
            "group": wishes.group.name,
            "products": [product.tariff_id for product in products],
        }
        record_event("products.imported", now=now, actor=actor, data=data)
    return products


def accept_changes(*, marks: Collection[str], actor: str, now: datetime) -> list[PriceChange]:
    """`accept_price_changes`, with an event for each price. Raises what that raises."""
    with transaction.atomic():
        changes = accept_price_changes(marks=marks, now=now)
        for change in changes:
            _record("price.changed", change, to=str(change.proposed), actor=actor, now=now)
    return changes


def keep_present_prices(*, marks: Collection[str], actor: str, now: datetime) -> list[PriceChange]:
    """`keep_prices`, with an event for each price. Raises what that raises."""
    with transaction.atomic():
        changes = keep_prices(marks=marks, now=now)
        for change in changes:
            _record("price.kept", change, to=str(change.price.price), actor=actor, now=now)
    return changes


def _record(name: str, change: PriceChange, *, to: str, actor: str, now: datetime) -> None:
    cost = f"{change.new_cost.amount} {change.new_cost.currency}" if change.new_cost else ""
    data = {
        "product": change.row.product.name,
        "product_id": change.row.product_id,
        "cycle": change.row.cycle,
        "currency": change.row.currency_id,
        "from": str(change.price.price),
        "to": to,
        "cost": cost,
    }
    record_event(name, now=now, actor=actor, data=data)
