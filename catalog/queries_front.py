"""The front page of the store: each group with the price that it starts from, however many products it has."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, Subquery

from catalog.models import Currency, PaymentType, Price, ProductGroup
from catalog.queries import free_price, listed_products


@dataclass(frozen=True, slots=True)
class FrontGroup:
    """A group that lists something in one currency: how many products, and the lowest price among them."""

    group: ProductGroup
    product_count: int
    lowest: Price


def front_groups(*, currency: Currency) -> Sequence[FrontGroup]:
    """Visible groups with products on their shelves that can be ordered in `currency`; two queries."""
    listed = listed_products()
    free = Q(payment_type=PaymentType.FREE)
    sold = listed.filter(free | Exists(Price.objects.filter(product=OuterRef("pk"), currency=currency)))
    of_group = listed.filter(group=OuterRef("pk"))
    prices = Price.objects.filter(currency=currency, product__in=listed.exclude(free), product__group=OuterRef("pk"))
    groups = ProductGroup.objects.filter(is_hidden=False).annotate(
        product_count=Count("products", filter=Q(products__in=sold)),
        gives_away=Exists(of_group.filter(free)),
        lowest_id=Subquery(prices.order_by("price", "product__position", "product__name", "id").values("pk")[:1]),
    )
    shown = list(groups.filter(product_count__gt=0).order_by("position", "name", "id"))
    lowest = Price.objects.in_bulk([group.lowest_id for group in shown if not group.gives_away])
    return [
        FrontGroup(
            group,
            group.product_count,
            lowest=free_price(currency) if group.gives_away else lowest[group.lowest_id],
        )
        for group in shown
    ]
