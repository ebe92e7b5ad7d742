"""Products taken off the shelf and put back: services that clients have go on as they are."""

from collections.abc import Collection

from django.db import transaction

from catalog.actions.products import update_product
from catalog.models import Product


def hide_products(*, product_ids: Collection[int]) -> list[Product]:
    """No longer listed, still ordered by direct link. Returns those that were listed until now."""
    return _switch(product_ids, "is_hidden", to=True)


def list_products(*, product_ids: Collection[int]) -> list[Product]:
    """Listed again. Returns those that were hidden until now."""
    return _switch(product_ids, "is_hidden", to=False)


def retire_products(*, product_ids: Collection[int]) -> list[Product]:
    """No longer ordered by anybody in any way. Returns those that were sold until now."""
    return _switch(product_ids, "is_retired", to=True)


def bring_back_product(*, product_id: int) -> Product:
    """Sold again, judged as one that has just been made.

    Raises ProductInvalid where that is no longer possible; Product.DoesNotExist.
    """
    with transaction.atomic():
        product = Product.objects.select_for_update().get(pk=product_id)
        return update_product(product=product, values={"is_retired": False})


def _switch(product_ids: Collection[int], name: str, *, to: bool) -> list[Product]:
    with transaction.atomic():
        rows = Product.objects.select_for_update().filter(pk__in=product_ids, **{name: not to}).order_by("pk")
        products = list(rows)
        Product.objects.filter(pk__in=[product.pk for product in products]).update(**{name: to})
    return products
