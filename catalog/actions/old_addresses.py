"""What a group or product was called before: kept in the transaction that calls it something else (P16)."""

from catalog.models import Product, ProductGroup, SlugHistory


def keep_group_slug(*, group: ProductGroup) -> None:
    """Call it before the group is saved. An old slug leads to the group that had it last."""
    old = ProductGroup.objects.filter(pk=group.pk).values_list("slug", flat=True).first()
    if old is not None and old != group.slug:
        SlugHistory.objects.update_or_create(slug=old, product=None, defaults={"group": group})


def keep_product_address(*, product: Product, stored: Product) -> None:
    """`stored` is the row as it was; another group is another address too."""
    if (stored.group_id, stored.slug) != (product.group_id, product.slug):
        SlugHistory.objects.update_or_create(
            group_id=stored.group_id, slug=stored.slug, product__isnull=False, defaults={"product": product}
        )
