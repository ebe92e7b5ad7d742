"""Promo codes: whether one may be used here, and what it takes off a product (B4)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from django.db.models import Value
from django.utils.translation import gettext as _

from billing.models import Audience, Client, Order, OrderStatus, Promotion, Service
from catalog.discounts import Discount, DiscountType
from catalog.models import Product


class PromotionRefused(Exception):
    """The code cannot be used; the text says why, for the client."""


class PromotionTerms:
    """A promo code that may be used, asked for each product."""

    def __init__(self, promotion: Promotion, *, applies_to: Collection[int]) -> None:
        """`applies_to`: ids of the products that it is for; none: every product."""
        self.promotion = promotion
        self._products = applies_to

    def discount(self, product: Product, cycle: str) -> Discount | None:
        """What is taken off each unit of `product`; None where the code does not apply."""
        promotion = self.promotion
        if (self._products and product.pk not in self._products) or (
            promotion.cycles and cycle not in promotion.cycles
        ):
            return None
        return Discount(
            words=promotion.code,
            type=promotion.type,
            value=promotion.value,
            is_recurring=promotion.is_recurring and promotion.type != DiscountType.FREE_SETUP,
            renewals=promotion.renewals or None,
        )


def find_promotion(
    code: str, *, client: Client | None, currency_id: str, wanted: Sequence[tuple[Product, str]], on: date
) -> PromotionTerms:
    """The code for an order of `wanted` (product, cycle) on that day. Raises PromotionRefused."""
    promotion = Promotion.objects.filter(code__iexact=code.strip()).first()
    if promotion is None:
        raise PromotionRefused(_("There is no promo code “%(code)s”.") % {"code": code.strip()})
    if promotion.starts_on and on < promotion.starts_on:
        raise PromotionRefused(_("This promo code is not valid yet."))
    if promotion.ends_on and on > promotion.ends_on:
        raise PromotionRefused(_("This promo code has expired."))
    if not promotion.has_uses_left:
        raise PromotionRefused(used_up_words())
    if promotion.currency_id and promotion.currency_id != currency_id:
        raise PromotionRefused(_("This promo code is for payments in %(code)s.") % {"code": promotion.currency_id})
    check_audience(promotion, client=client)
    applies_to, required = _read_products(promotion)
    _check_required(promotion, required, client, wanted)
    terms = PromotionTerms(promotion, applies_to=applies_to)
    if not any(terms.discount(product, cycle) for product, cycle in wanted):
        raise PromotionRefused(_("This promo code is not for what you order."))
    return terms


def used_up_words() -> str:
    """Why a code whose uses are all gone cannot be used."""
    return _("This promo code is used up.")


def check_audience(promotion: Promotion, *, client: Client | None, apart_from: Order | None = None) -> None:
    """Whether this client may use it; a visitor is new. Raises PromotionRefused."""
    orders = Order.objects.filter(client=client).exclude(status__in=(OrderStatus.CANCELLED, OrderStatus.FRAUD))
    if apart_from is not None:
        orders = orders.exclude(pk=apart_from.pk)
    if promotion.audience == Audience.NEW and client is not None and orders.exists():
        raise PromotionRefused(_("This promo code is for new clients."))
    if promotion.audience == Audience.EXISTING and (client is None or not orders.exists()):
        raise PromotionRefused(_("This promo code is for clients who have ordered before. Log in if you are one."))
    if promotion.is_once_per_client and client is not None and orders.filter(promotion=promotion).exists():
        raise PromotionRefused(_("You have used this promo code already."))


def _read_products(promotion: Promotion) -> tuple[set[int], dict[int, str]]:
    """Ids of what the code is for; id → name of what it requires; one query."""
    for_these = promotion.applies_to.order_by().annotate(role=Value("for")).values_list("role", "pk", "name")
    required = promotion.requires.order_by().annotate(role=Value("required")).values_list("role", "pk", "name")
    rows = list(for_these.union(required, all=True))
    applies_to = {pk for role, pk, _name in rows if role == "for"}
    return applies_to, {pk: name for role, pk, name in rows if role == "required"}


def _check_required(
    promotion: Promotion, names: Mapping[int, str], client: Client | None, wanted: Sequence[tuple[Product, str]]
) -> None:
    if not names or names.keys() & {product.pk for product, _cycle in wanted}:
        return
    owned = Service.objects.live().filter(client=client, product__in=names)
    if promotion.is_owning_enough and client is not None and owned.exists():
        return
    words = _("This promo code needs one of these products in the order: %(products)s.")
    raise PromotionRefused(words % {"products": ", ".join(sorted(names.values()))})
