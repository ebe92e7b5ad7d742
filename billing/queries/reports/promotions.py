"""Promo codes: how often they were used, what they took off, and what was sold with them."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import LineKind, Order, OrderStatus
from billing.queries.reports.booked import Booked, sum_booked
from billing.queries.reports.shapes import Bar, Column, Report, Row, Section, Sort, total_of
from billing.queries.reports.spans import WHOLE, Span
from billing.queries.reports.wishes import Asks, Wishes

_CODE = "service__order_line__order__promo_code"


class Promotions(Report):
    """Uses, discount and income of each code."""

    code = "promotions"
    title = gettext_lazy("Promo codes")
    words = gettext_lazy(
        "Orders of these days with a promo code, and what the ledger holds for what was ordered with it, renewals of "
        "these days too: the discount and the income after it, both without tax, less what was taken back."
    )
    bar_label = gettext_lazy("Income after the discount")
    asks = Asks.DAYS
    columns = (
        Column("code", gettext_lazy("Promo code"), Sort.TEXT),
        Column("orders", gettext_lazy("Orders"), Sort.COUNT),
        Column("price", gettext_lazy("Full price")),
        Column("discount", gettext_lazy("Discount")),
        Column("income", gettext_lazy("Income")),
    )

    def sections(self, wishes: Wishes, *, limit: int) -> list[Section]:
        """Three queries."""
        whole = Wishes(Span(wishes.span.first, wishes.span.last, WHOLE), wishes.today, wishes.currency)
        lines = sum_booked(
            whole,
            keys={"promo": lambda way: F(f"{way}{_CODE}"), "sort": lambda way: F(f"{way}kind")},
            only=lambda way: Q(**{f"{way}{_CODE}__gt": ""}),
        )
        found: defaultdict[str, dict[str, Row]] = defaultdict(dict)
        sums = _sum(lines)
        orders = _count_orders(whole)
        for currency, promo in sorted({*sums, *orders}):
            price, discount = sums.get((currency, promo), (Decimal(0), Decimal(0)))
            count = orders.get((currency, promo), 0)
            found[currency][promo] = (promo, count, price, discount, price - discount)
        return [self._section(currency, list(rows.values())) for currency, rows in sorted(found.items())]

    def _section(self, currency: str, rows: list[Row]) -> Section:
        bars = [Bar(str(row[0]), row[-1]) for row in rows if isinstance(row[-1], Decimal)]
        return Section(currency, rows, total_of(rows, self.columns, label=_("Total")), bars)


def _sum(lines: Iterable[Booked]) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """(currency, code) → price before the discount, discount."""
    found: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    for line in lines:
        promo, sort = line.keys
        price, discount = found.get((line.currency, promo), (Decimal(0), Decimal(0)))
        is_discount = sort == LineKind.DISCOUNT
        found[line.currency, promo] = (price, discount - line.net) if is_discount else (price + line.net, discount)
    return found


def _count_orders(wishes: Wishes) -> dict[tuple[str, str], int]:
    span = wishes.span
    orders = Order.objects.filter(placed_at__gte=span.starts_at, placed_at__lt=span.ends_at, promo_code__gt="")
    if wishes.currency:
        orders = orders.filter(currency=wishes.currency)
    counted = orders.exclude(status__in=(OrderStatus.CANCELLED, OrderStatus.FRAUD)).order_by()
    rows = counted.values_list("currency_id", "promo_code").annotate(Count("pk"))
    return {(currency, code): count for currency, code, count in rows}
