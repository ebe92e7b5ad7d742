"""Where links to the store lead: old addresses, and the numbers that WHMCS gave to products and groups (P16)."""

from typing import Any

from django.db.models import Model, QuerySet

from catalog.models import Product, ProductGroup, SlugHistory

LARGEST_ID = 2**31 - 1


def find_current_slugs(*, group_slug: str, product_slug: str | None = None) -> dict[str, str] | None:
    """The slugs by which the group, or the product of it, goes now; None for what never was. In the shape it is asked.

    What bears a slug today goes before what bore it once; retired products lead nowhere.
    """
    group = ProductGroup.objects.filter(slug=group_slug).first() or _group_once_called(group_slug)
    if group is None:
        return None
    if product_slug is None:
        return {"group_slug": group.slug}
    sold = Product.objects.filter(is_retired=False).select_related("group")
    product = (
        sold.filter(group=group, slug=product_slug).first()
        or sold.filter(old_slugs__group=group, old_slugs__slug=product_slug).first()
    )
    return {"group_slug": product.group.slug, "product_slug": product.slug} if product else None


def find_retired_product(*, group_slug: str = "", product_slug: str = "") -> Product | None:
    """The product of this address, if it is one that is no longer sold."""
    rows = Product.objects.select_related("group").filter(is_retired=True, is_hidden=False)
    return rows.filter(group__slug=group_slug, slug=product_slug).first() if product_slug else None


def find_linked_product(text: str) -> Product | None:
    """The product that a `pid` of a link means: by WHMCS's number, else by our own. Retired ones too."""
    return _by_number(Product.objects.select_related("group"), text)


def find_linked_group(text: str) -> ProductGroup | None:
    """The group that a `gid` of a link means: by WHMCS's number, else by our own."""
    return _by_number(ProductGroup.objects.all(), text)


def _group_once_called(slug: str) -> ProductGroup | None:
    kept = SlugHistory.objects.filter(slug=slug, product=None).select_related("group").first()
    return kept.group if kept else None


def _by_number[Row: Model](rows: QuerySet[Row], text: str) -> Row | None:
    if not (text.isascii() and text.isdecimal()) or len(text) > 10 or int(text) > LARGEST_ID:
        return None
    number: dict[str, Any] = {"whmcs_id": int(text)}
    return rows.filter(**number).first() or rows.filter(pk=int(text)).first()
