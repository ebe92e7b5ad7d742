"""Promo codes (B4): a use is taken in the transaction of the order, in one statement; the last one is used once."""

from django.db.models import F

from billing.models import Order, Promotion
from billing.queries.promotions import PromotionRefused, check_audience, used_up_words


def use_promotion(order: Order) -> None:
    """Counts the use of the order's promo code. Raises PromotionRefused if another order was faster.

    Call it in the transaction that places the order. The counted row stays locked until that ends, so two orders of
    one client see each other: the code is judged for the client once more.
    """
    promotion = order.promotion
    if promotion is None:
        return
    if not Promotion.objects.with_uses_left().filter(pk=promotion.pk).update(uses=F("uses") + 1):
        raise PromotionRefused(used_up_words())
    check_audience(promotion, client=order.client, apart_from=order)
