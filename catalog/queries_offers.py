"""What is offered beside a product: its addons, and other products recommended with it (P14, P15)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects

from catalog.models import Currency, Price, Product
from catalog.queries import ORDER_ROWS, StoreGroup, StoreProduct, offered_prices

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


def get_sold_product(*, group_slug: str, product_slug: str) -> Product:
    """The product behind a direct link: hidden ones too, retired ones not. Raises Product.DoesNotExist."""
    return _rows().get(group__slug=group_slug, slug=product_slug, is_retired=False)


def read_order_page(product: Product) -> OrderPage:
    """What the order form of a product shows; five queries, whatever is offered beside it."""
    beside = [] if product.is_addon else list(_rows().filter(_offered_beside(product)))
    prefetch_related_objects([product, *beside], *ORDER_ROWS)
    return _page(product, beside)


def read_shelf_page(product: Product, *, currency: Currency) -> tuple[OrderPage, StoreGroup]:
    """The page of a product that is no addon, and its group as that currency sees it; no more queries than the page.

    What only stands on the shelf is read without what an order form asks for, and with no other currency's prices.
    """
    is_beside = _offered_beside(product)
    is_listed = Q(_LISTED, is_addon=False, group=product.group_id)
    rows = list(_rows().filter(is_beside | is_listed).annotate(is_beside=is_beside))
    beside = [one for one in rows if one.is_beside]
    prices = Price.objects.filter(Q(currency=currency) | Q(product__in=[product, *beside]))
    prefetch_related_objects([product, *rows], Prefetch("prices", queryset=prices))
    prefetch_related_objects([product, *beside], *ORDER_ROWS)
    listed = [one for one in rows if one.group_id == product.group_id and not one.is_addon]
    on_shelf = (StoreProduct(one, offered_prices(one, currency)) for one in listed)
    return _page(product, beside), StoreGroup(product.group, tuple(one for one in on_shelf if one.prices))


def _rows() -> QuerySet[Product]:
    return Product.objects.select_related("group", "server_group")


def _offered_beside(product: Product) -> Q:
    with_it = Product.objects.filter(addon_of=product).values("pk")
    return Q(_LISTED, is_addon=True, pk__in=with_it) | cross_sold_by([product.pk])


def _page(product: Product, beside: Sequence[Product]) -> OrderPage:
    addons = tuple(one for one in beside if one.is_addon)
    return OrderPage(product, addons, cross_sells=tuple(one for one in beside if not one.is_addon))


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
