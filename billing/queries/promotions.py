"""Promo codes: whether one may be used here, and what it takes off a product (B4)."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef
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
    promotion, applies_to, has_requirements = _read(code.strip())
    if promotion.starts_on and on < promotion.starts_on:
        raise PromotionRefused(_("This promo code is not valid yet."))
    if promotion.ends_on and on > promotion.ends_on:
        raise PromotionRefused(_("This promo code has expired."))
    if not promotion.has_uses_left:
        raise PromotionRefused(used_up_words())
    if promotion.currency_id and promotion.currency_id != currency_id:
        raise PromotionRefused(_("This promo code is for payments in %(code)s.") % {"code": promotion.currency_id})
    check_audience(promotion, client=client)
    if has_requirements:
        _check_required(promotion, client, wanted)
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


def _read(code: str) -> tuple[Promotion, set[int], bool]:
    """The promo code, the ids of what it is for, and whether it requires anything; one query.

    Raises PromotionRefused.
    """
    required = Promotion.requires.through.objects.filter(promotion=OuterRef("pk"))
    named = Promotion.objects.filter(code__iexact=code)
    rows: list[Any] = list(named.annotate(for_id=F("applies_to"), has_requirements=Exists(required)))
    if not rows:
        raise PromotionRefused(_("There is no promo code “%(code)s”.") % {"code": code})
    return rows[0], {row.for_id for row in rows if row.for_id is not None}, rows[0].has_requirements


def _check_required(promotion: Promotion, client: Client | None, wanted: Sequence[tuple[Product, str]]) -> None:
    names = dict(promotion.requires.order_by().values_list("pk", "name"))
    if names.keys() & {product.pk for product, _cycle in wanted}:
        return
    owned = Service.objects.live().filter(client=client, product__in=names)
    if promotion.is_owning_enough and client is not None and owned.exists():
        return
    words = _("This promo code needs one of these products in the order: %(products)s.")
    raise PromotionRefused(words % {"products": ", ".join(sorted(names.values()))})
