"""What is offered beside a product: its addons, and other products recommended with it (P14, P15)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, prefetch_related_objects

from catalog.models import Currency, Price, Product
from catalog.queries import ORDER_ROWS, offered_prices

# Who is given the link of a hidden product may order it; it is offered to nobody.
_LISTED = Q(is_hidden=False, is_retired=False)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """A product with all that its order form reads, and what stands beside it."""

    product: Product
    addons: tuple[Product, ...]
    cross_sells: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A recommended product with its prices in one currency, shortest cycle first."""

    product: Product
    prices: tuple[Price, ...]

    @property
    def is_asking(self) -> bool:
        """Whether an order form has to be filled in; without, one click is enough."""
        asked = (field for field in self.product.custom_fields.all() if field.is_required)
        return (
            len(self.prices) > 1
            or self.product.is_domain_required
            or any(field.is_on_order_form and not field.is_admin_only for field in asked)
            or any(option.minimum for option in self.product.options.all())
        )


def get_order_page(*, group_slug: str, product_slug: str) -> OrderPage:
    """The product behind a direct link: hidden ones too, retired ones not. Raises Product.DoesNotExist."""
    rows = Product.objects.select_related("group", "server_group")
    return read_order_page(rows.get(group__slug=group_slug, slug=product_slug, is_retired=False))


def read_order_page(product: Product) -> OrderPage:
    """What the order form of a product shows; five queries, whatever is offered beside it."""
    rows = Product.objects.select_related("group", "server_group")
    with_it = Q(_LISTED, is_addon=True, pk__in=Product.objects.filter(addon_of=product).values("pk"))
    beside = [] if product.is_addon else list(rows.filter(with_it | cross_sold_by([product.pk])))
    prefetch_related_objects([product, *beside], *ORDER_ROWS)
    return OrderPage(
        product,
        addons=tuple(one for one in beside if one.is_addon),
        cross_sells=tuple(one for one in beside if not one.is_addon),
    )


def cross_sold_by(product_ids: Collection[int]) -> Q:
    """Products recommended with one of these. Addons are not: they are not sold alone."""
    named = Product.objects.filter(cross_sold_by__in=product_ids).values("pk")
    return Q(_LISTED, is_addon=False, group__is_hidden=False, pk__in=named)


def recommend(
    products: Iterable[Product], *, currency: Currency, apart_from: Collection[int] = ()
) -> Sequence[Recommendation]:
    """Those that can be ordered now in this currency; not what is chosen already."""
    sellable = (
        Recommendation(product, offered_prices(product, currency))
        for product in products
        if product.pk not in apart_from and not product.is_sold_out
    )
    return [found for found in sellable if found.prices]
