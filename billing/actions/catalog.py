"""What becomes of products: the catalog's actions, with their events."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from billing.actions.events import record_event
from catalog.actions.duplicates import duplicate_product
from catalog.actions.positions import arrange_catalog
from catalog.actions.shelves import bring_back_product, hide_products, list_products, retire_products
from catalog.models import Product, ProductGroup


def duplicate(
    *, product: Product, name: str, slug: str = "", group: ProductGroup | None = None, actor: str, now: datetime
) -> Product:
    """`duplicate_product`, with an event. Raises ProductInvalid."""
    with transaction.atomic():
        copied = duplicate_product(product=product, name=name, slug=slug, group=group)
        record_event("product.duplicated", now=now, actor=actor, data={**_named(copied), "from": product.name})
    return copied


def hide(*, product_ids: Collection[int], actor: str, now: datetime) -> list[Product]:
    """`hide_products`, with an event for each that was listed."""
    return _switch(hide_products, "product.hidden", product_ids, actor=actor, now=now)


def put_on_list(*, product_ids: Collection[int], actor: str, now: datetime) -> list[Product]:
    """`list_products`, with an event for each that was hidden."""
    return _switch(list_products, "product.listed", product_ids, actor=actor, now=now)


def retire(*, product_ids: Collection[int], actor: str, now: datetime) -> list[Product]:
    """`retire_products`, with an event for each that was sold."""
    return _switch(retire_products, "product.retired", product_ids, actor=actor, now=now)


def bring_back(*, product_id: int, actor: str, now: datetime) -> Product:
    """`bring_back_product`, with an event. Raises ProductInvalid, Product.DoesNotExist."""
    with transaction.atomic():
        product = bring_back_product(product_id=product_id)
        record_event("product.brought_back", now=now, actor=actor, data=_named(product))
    return product


def arrange(*, group_ids: Sequence[int], product_ids: Mapping[int, Sequence[int]], actor: str, now: datetime) -> int:
    """`arrange_catalog`, with an event if anything was moved. Raises ArrangementMoved."""
    with transaction.atomic():
        moved = arrange_catalog(group_ids=group_ids, product_ids=product_ids)
        if moved:
            record_event("catalog.arranged", now=now, actor=actor, data={"changed": moved})
    return moved


def _switch(
    act: Callable[..., list[Product]], name: str, product_ids: Collection[int], *, actor: str, now: datetime
) -> list[Product]:
    with transaction.atomic():
        products = act(product_ids=product_ids)
        for product in products:
            record_event(name, now=now, actor=actor, data=_named(product))
    return products


def _named(product: Product) -> dict[str, object]:
    return {"product": product.name, "product_id": product.pk}
