"""The order in which the store shows groups, and the products of each group."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from catalog.models import Product, ProductGroup


class ArrangementMoved(Exception):
    """Groups or products have come or gone since the order was looked at; nothing was written."""


def arrange_catalog(*, group_ids: Sequence[int], product_ids: Mapping[int, Sequence[int]]) -> int:
    """Puts all groups, and the products of each group (its id → theirs), into the order given; counts those moved.

    Raises ArrangementMoved unless exactly all groups and products are named, each where it is.
    """
    with transaction.atomic():
        # Two people who arrange at once: the second sees what the first has done, and overwrites all of it.
        groups = {group.pk: group for group in ProductGroup.objects.select_for_update().order_by("pk")}
        products = {product.pk: product for product in Product.objects.only("pk", "group_id", "position")}
        named = sorted((pk, group_id) for group_id, pks in product_ids.items() for pk in pks)
        if sorted(group_ids) != sorted(groups) or named != sorted((pk, one.group_id) for pk, one in products.items()):
            raise ArrangementMoved
        moved_groups = _number(groups, group_ids)
        moved = [each for pks in product_ids.values() for each in _number(products, pks)]
        ProductGroup.objects.bulk_update(moved_groups, ["position"])
        Product.objects.bulk_update(moved, ["position"], batch_size=500)
    return len(moved_groups) + len(moved)


def _number[Row: (ProductGroup, Product)](rows: Mapping[int, Row], pks: Sequence[int]) -> list[Row]:
    """Counts through from 1; returns the rows whose number has changed."""
    moved = []
    for position, pk in enumerate(pks, start=1):
        row = rows[pk]
        if row.position != position:
            row.position = position
            moved.append(row)
    return moved
