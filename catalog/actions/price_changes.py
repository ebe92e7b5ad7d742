"""What becomes of prices whose cost at the partner has changed: a person decides, nothing changes by itself (P18)."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from catalog.models import Price, TariffCost
from catalog.queries_costs import PriceChange, price_changes


class PriceChangesMoved(Exception):
    """Something that was decided on is not as it was shown any more; nothing was changed."""


class NoPriceProposed(Exception):
    """There is no price to accept: the list does not show the tariff, or an exchange rate is missing."""


def accept_price_changes(*, marks: Collection[str], now: datetime) -> list[PriceChange]:
    """Puts the proposed prices in place of the present ones, and takes note of the costs; all of them or none.

    `marks` are those of `price_changes`. Services that clients have keep their amounts.
    Raises PriceChangesMoved, NoPriceProposed.
    """
    with transaction.atomic():
        changes = _lock_and_find(marks)
        for change in changes:
            if change.proposed is None:
                raise NoPriceProposed
            Price.objects.filter(pk=change.price.pk).update(price=change.proposed)
            _take_note(change, now)
    return changes


def keep_prices(*, marks: Collection[str], now: datetime) -> list[PriceChange]:
    """Takes note of the new costs and leaves the prices as they are. Raises PriceChangesMoved, NoPriceProposed."""
    with transaction.atomic():
        changes = _lock_and_find(marks)
        for change in changes:
            _take_note(change, now)
    return changes


def _lock_and_find(marks: Collection[str]) -> list[PriceChange]:
    """The changes as they are now, their rows and prices locked."""
    shown = _find(marks)
    for model, keys in ((TariffCost, [each.row.pk for each in shown]), (Price, [each.price.pk for each in shown])):
        list(model.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    changes = _find(marks)
    if not changes or len(changes) != len(set(marks)):
        raise PriceChangesMoved
    return changes


def _find(marks: Collection[str]) -> list[PriceChange]:
    return [change for change in price_changes() if change.mark in set(marks)]


def _take_note(change: PriceChange, now: datetime) -> None:
    if change.new_cost is None:
        raise NoPriceProposed
    TariffCost.objects.filter(pk=change.row.pk).update(
        cost=change.new_cost.amount, cost_currency=change.new_cost.currency, accepted_at=now
    )
