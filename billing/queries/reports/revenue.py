"""Revenue and tax as booked: by period, by tax and its rate."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.db.models import DecimalField, F, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.queries.exact_sums import Units
from billing.queries.reports.booked import Booked, sum_booked
from billing.queries.reports.shapes import Bar, Column, Report, Row, Section, Sort, total_of
from billing.queries.reports.wishes import Asks, Wishes
from catalog.taxes import TaxAmount, TaxGround

_TAX = DecimalField(max_digits=19, decimal_places=4)
_FIRST_TAX = Coalesce(Sum(Units(Cast(KT("taxes__0__2"), _TAX))), 0)
# The name and the percent of both levels, and why there is none.
_KEYS = {
    "name": lambda way: KT("taxes__0__0"),
    "percent": lambda way: KT("taxes__0__1"),
    "second_name": lambda way: KT("taxes__1__0"),
    "second_percent": lambda way: KT("taxes__1__1"),
    "ground": lambda way: F("tax_ground"),
}
type _Sums = list[Decimal]


class Revenue(Report):
    """The sales of each period with their tax."""

    code = "revenue"
    title = gettext_lazy("Revenue and tax")
    words = gettext_lazy(
        "What the ledger holds as revenue and tax: invoices count on the day they are issued, cancelled ones and "
        "credit notes on the day that they take it back. A tax on top of another one has a row without revenue."
    )
    bar_label = gettext_lazy("Revenue without tax")
    asks = Asks.STEPS
    columns = (
        Column("period", gettext_lazy("Period"), Sort.STEP),
        Column("tax", gettext_lazy("Tax"), Sort.TEXT),
        Column("invoiced", gettext_lazy("Invoiced")),
        Column("taken_back", gettext_lazy("Taken back")),
        Column("revenue", gettext_lazy("Revenue")),
        Column("tax_amount", gettext_lazy("Amount of tax")),
        Column("total", gettext_lazy("With tax")),
    )

    def sections(self, wishes: Wishes, *, limit: int) -> list[Section]:
        """Two queries."""
        found: defaultdict[str, defaultdict[tuple[date, str], _Sums]] = defaultdict(
            lambda: defaultdict(lambda: [Decimal(0)] * 4)
        )
        for booked in sum_booked(wishes, keys=_KEYS, first_tax=_FIRST_TAX):
            for name, change in _changes(booked):
                sums = found[booked.currency][booked.step, name]
                found[booked.currency][booked.step, name] = [a + b for a, b in zip(sums, change, strict=True)]
        return [self._section(currency, rows, wishes) for currency, rows in sorted(found.items())]

    def _section(self, currency: str, found: dict[tuple[date, str], _Sums], wishes: Wishes) -> Section:
        rows: list[Row] = []
        by_step: defaultdict[date, Decimal] = defaultdict(Decimal)
        for (first, name), (issued, back, tax, second) in sorted(found.items()):
            net = issued + back
            by_step[first] += net
            figures = (issued, -back, net) if issued or back or not second else (None, None, None)
            rows.append((wishes.span.step_from(first), name, *figures, tax + second, net + tax + second))
        bars = [Bar(step, by_step[step.first]) for step in wishes.span.steps()]
        return Section(currency, rows, total_of(rows, self.columns, label=_("Total")), bars)


def _changes(booked: Booked) -> Iterator[tuple[str, _Sums]]:
    """Name of the tax → what is added to: issued, taken back, tax of the first level, tax of the second."""
    name, percent, second_name, second_percent, ground = booked.keys
    first_tax = booked.first_tax if second_name else booked.tax
    words = _named(name, percent) if name else _ground_words(ground)
    sides = [Decimal(0), booked.net] if booked.is_taken_back else [booked.net, Decimal(0)]
    yield words, [*sides, first_tax, Decimal(0)]
    if second_name:
        yield _named(second_name, second_percent), [Decimal(0), Decimal(0), Decimal(0), booked.tax - first_tax]


def _named(name: str, percent: object) -> str:
    return TaxAmount(name, Decimal(str(percent)), Decimal(0)).words


def _ground_words(ground: str) -> str:
    return _("No tax") if ground == TaxGround.RULES else str(TaxGround(ground).label)
