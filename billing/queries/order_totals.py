"""What a list of orders adds up to."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce

from billing.models import Order


@dataclass(frozen=True, slots=True)
class OrderTotal:
    """All orders of a currency: how many, what they come to, what of it has been paid."""

    currency_id: str
    count: int
    total: Decimal
    paid: Decimal


def order_totals(orders: QuerySet[Order]) -> list[OrderTotal]:
    """One for each currency, by code. One query."""
    # A filter by what is in an order finds it once for each such line: its total counts once.
    found = Order.objects.filter(pk__in=orders.order_by().values("pk"))
    rows = (
        found.values("currency_id")
        .annotate(count=Count("pk"), sum=Sum("total"), paid=Coalesce(Sum("invoice__amount_paid"), Decimal(0)))
        .order_by("currency_id")
    )
    return [OrderTotal(row["currency_id"], row["count"], row["sum"], row["paid"]) for row in rows]
