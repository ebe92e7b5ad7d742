"""What hangs on products: what an operator should know before taking them off the shelf."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from billing.models import Service
from catalog.models import Product


@dataclass(frozen=True, slots=True)
class ShelfEffects:
    """A product with how many services go on, which products offer it as an addon, which recommend it."""

    product: Product
    services: int
    addon_of: tuple[str, ...]
    recommended_by: tuple[str, ...]


def effects_of_shelves(product_ids: Collection[int]) -> list[ShelfEffects]:
    """In the order of the catalog. Four queries, however many products."""
    products = list(Product.objects.filter(pk__in=product_ids).select_related("group"))
    counts = Counter(Service.objects.not_ended().filter(product__in=products).values_list("product_id", flat=True))
    parents, recommending = defaultdict(list), defaultdict(list)
    sold = Product.objects.filter(is_retired=False)
    for pk, name in sold.filter(addons__in=products).values_list("addons", "name"):
        parents[pk].append(name)
    for pk, name in sold.filter(cross_sells__in=products).values_list("cross_sells", "name"):
        recommending[pk].append(name)
    return [
        ShelfEffects(one, counts[one.pk], tuple(sorted(parents[one.pk])), tuple(sorted(recommending[one.pk])))
        for one in products
    ]
