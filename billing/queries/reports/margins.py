"""What is left of the income of each product at the partner's present prices."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from billing.queries.reports.booked import sum_booked
from billing.queries.reports.shapes import Bar, Column, Report, Row, Section, Sort, total_of
from billing.queries.reports.spans import WHOLE, Span
from billing.queries.reports.wishes import Asks, Wishes
from catalog.markups import Rates, RateUnknown, margin_of
from catalog.models import Currency, Product
from catalog.queries_costs import Cost, cost_of, listed_costs

type _Periods = Counter[tuple[int | None, str]]


class Margins(Report):
    """Income against cost, product by product."""

    code = "margins"
    title = gettext_lazy("Margin by product")
    words = gettext_lazy(
        "Income is what the ledger holds as revenue of each product. Cost is that of the periods sold in these days, "
        "at the partner's present prices and exchange rates: price lists do not show what options cost."
    )
    bar_label = gettext_lazy("Margin")
    asks = Asks.DAYS
    columns = (
        Column("product_id", gettext_lazy("No."), Sort.PRODUCT),
        Column("product", gettext_lazy("Product"), Sort.TEXT),
        Column("periods", gettext_lazy("Periods sold"), Sort.COUNT),
        Column("income", gettext_lazy("Income")),
        Column("cost", gettext_lazy("Cost")),
        Column("margin", gettext_lazy("Margin")),
        Column("percent", gettext_lazy("Margin, %"), Sort.PERCENT),
    )

    def sections(self, wishes: Wishes, *, limit: int) -> list[Section]:
        """Eight queries at most."""
        whole = Wishes(Span(wishes.span.first, wishes.span.last, WHOLE), wishes.today, wishes.currency)
        keys = {
            "sold": lambda way: F(f"{way}service__product_id"),
            "cycle": lambda way: F(f"{way}service__cycle"),
        }
        income: defaultdict[str, defaultdict[int | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        periods: defaultdict[str, _Periods] = defaultdict(Counter)
        for booked in sum_booked(whole, keys=keys):
            product_id, cycle = booked.keys
            income[booked.currency][product_id] += booked.net
            periods[booked.currency][product_id, cycle] += booked.periods
        costs = _Costs({key for found in periods.values() for key, _cycle in found if key is not None})
        return [
            self._section(currency, income[currency], costs.of(periods[currency], currency), costs)
            for currency in sorted(income)
        ]

    def _section(
        self,
        currency: str,
        income: Mapping[int | None, Decimal],
        sold: Mapping[int | None, tuple[int, Decimal | None]],
        costs: "_Costs",
    ) -> Section:
        rows: list[Row] = []
        for product_id, amount in sorted(income.items(), key=lambda pair: (-pair[1], pair[0] or 0)):
            count, cost = sold[product_id]
            margin = None if cost is None else margin_of(amount, cost, precision=4)
            name = costs.name_of(product_id)
            left = (margin.amount, margin.percent) if margin else (None, None)
            rows.append((product_id, name, count, amount, cost, *left))
        unknown = sum(1 for row in rows if row[0] is not None and row[4] is None)
        words = ngettext(
            "The cost of %(count)s product is not known: totals of cost and margin leave it out.",
            "The cost of %(count)s products is not known: totals of cost and margin leave them out.",
            unknown,
        )
        notes = [words % {"count": unknown}] if unknown else []
        bars = [Bar(str(row[1]), row[5]) for row in rows if isinstance(row[5], Decimal)]
        return Section(currency, rows, self._total(rows), bars, notes=notes)

    def _total(self, rows: Iterable[Row]) -> Row:
        """Cost and margin of the products whose cost is known; None where there is none."""
        rows = list(rows)
        total = total_of(rows, self.columns, label=_("Total"))
        known = [row for row in rows if row[4] is not None]
        sums = total_of(known, self.columns, label="")
        if not known or not isinstance(sums[3], Decimal) or not isinstance(sums[4], Decimal):
            return (*total[:4], None, None, None)
        margin = margin_of(sums[3], sums[4], precision=4)
        return (*total[:4], sums[4], margin.amount, margin.percent)


class _Costs:
    """What the products cost at the partner now; seven queries at most, whatever their number."""

    def __init__(self, product_ids: Iterable[int]) -> None:
        self.products: dict[int, Product] = Product.objects.in_bulk(list(product_ids))
        self.listed = listed_costs(self.products.values()) if self.products else {}
        currencies = list(Currency.objects.all())
        self.rates = Rates.of(currencies)

    def name_of(self, product_id: int | None) -> str:
        """`Sold without a product` for lines that somebody typed and late fees."""
        return _("Sold without a product") if product_id is None else self.products[product_id].name

    def of(self, periods: _Periods, currency: str) -> dict[int | None, tuple[int, Decimal | None]]:
        """Product id → periods, and their cost in this currency; None where one of them is not known."""
        counts: Counter[int | None] = Counter()
        costs: dict[int | None, Decimal | None] = {None: None}
        for (product_id, cycle), count in periods.items():
            counts[product_id] += count
            if product_id is None:
                continue
            before, more = costs.get(product_id, Decimal(0)), self._cost(product_id, cycle, count, currency)
            costs[product_id] = None if before is None or more is None else before + more
        return {product_id: (count, costs[product_id]) for product_id, count in counts.items()}

    def _cost(self, product_id: int, cycle: str, count: int, currency: str) -> Decimal | None:
        if not count:
            return Decimal(0)
        cost: Cost | None = cost_of(self.products[product_id], cycle, self.listed[product_id])
        try:
            return count * self.rates.convert(cost.amount, cost.currency, currency) if cost else None
        except RateUnknown:
            return None
