"""Monthly recurring revenue: what paid periods bring a month, and how it moves from month to month."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.queries.exact_sums import SCALE
from billing.queries.reports.recurring_sql import read_movements
from billing.queries.reports.shapes import Bar, Column, Report, Row, Section, Sort
from billing.queries.reports.spans import MONTH, Span, Step
from billing.queries.reports.wishes import Asks, Wishes
from catalog.markups import margin_of
from catalog.models import Currency
from catalog.money import round_money

# Sums come in twelfths of ten-thousandths, which every billing cycle divides.
TWELFTHS: Final = 12 * SCALE


@dataclass(slots=True)
class Month:
    """What one month has, and how it came from the month before."""

    clients: int = 0
    held: Decimal = Decimal(0)
    new: Decimal = Decimal(0)
    expansion: Decimal = Decimal(0)
    contraction: Decimal = Decimal(0)
    lost: Decimal = Decimal(0)
    lost_clients: int = 0


class RecurringRevenue(Report):
    """MRR, its movements and churn."""

    code = "recurring"
    title = gettext_lazy("Recurring revenue and churn")
    words = gettext_lazy(
        "What the periods that run on the last day of each month bring a month, without tax and after discounts: a "
        "year counts with a twelfth. Services count once they were paid for, until they end. A client who had nothing "
        "the month before is new, one who has nothing any more is lost. Each invoiced amount is found once in the "
        "months of its period."
    )
    bar_label = gettext_lazy("Recurring revenue")
    asks = Asks.DAYS
    columns = (
        Column("month", gettext_lazy("Month"), Sort.STEP),
        Column("clients", gettext_lazy("Clients"), Sort.COUNT),
        Column("recurring", gettext_lazy("Recurring revenue")),
        Column("new", gettext_lazy("New")),
        Column("expansion", gettext_lazy("Expansion")),
        Column("contraction", gettext_lazy("Contraction")),
        Column("lost", gettext_lazy("Lost")),
        Column("lost_clients", gettext_lazy("Lost clients"), Sort.COUNT),
        Column("churn", gettext_lazy("Churn, %"), Sort.PERCENT),
        Column("per_client", gettext_lazy("Per client")),
    )

    def sections(self, wishes: Wishes, *, limit: int) -> list[Section]:
        """Two queries."""
        steps = _months(wishes)
        days = [min(step.last, wishes.today) for step in steps]
        precisions = dict(Currency.objects.values_list("code", "precision"))
        found: defaultdict[str, list[Month]] = defaultdict(lambda: [Month() for _step in steps])
        for moved in read_movements(days, currency=wishes.currency):
            _note(found[moved["currency"]], moved)
        return [
            self._section(currency, steps, months, precisions[currency]) for currency, months in sorted(found.items())
        ]

    def _section(self, currency: str, steps: Sequence[Step], months: Sequence[Month], precision: int) -> Section:
        rows = [
            _row(step, month, before, precision)
            for step, month, before in zip(steps[1:], months[1:], months[:-1], strict=True)
        ]
        sums = [sum((getattr(month, name) for month in months[1:]), Decimal(0)) for name in _MOVEMENTS]
        lost_clients = sum(month.lost_clients for month in months[1:])
        shown = [round_money(amount, precision=precision) for amount in sums]
        bars = [Bar(step, month.held) for step, month in zip(steps[1:], months[1:], strict=True)]
        return Section(currency, rows, (_("Total"), None, None, *shown, lost_clients, None, None), bars)


_MOVEMENTS: Final = ("new", "expansion", "contraction", "lost")


def _months(wishes: Wishes) -> list[Step]:
    """The months asked for that have begun, and the one before them to compare with."""
    before = wishes.span.first.replace(day=1) - timedelta(days=1)
    span = Span(before, max(min(wishes.span.last, wishes.today), before), MONTH)
    return list(span.steps())


def _note(months: list[Month], moved: dict[str, Any]) -> None:
    """Writes a month of the database into ours; what it loses is lost in the month after."""
    place = moved["place"]
    month = months[place]
    month.clients, month.held = moved["clients"], _amount(moved["held"])
    month.new, month.expansion = _amount(moved["new"]), _amount(moved["expansion"])
    month.contraction = _amount(moved["contraction"])
    if place + 1 < len(months):
        months[place + 1].lost, months[place + 1].lost_clients = _amount(moved["lost"]), moved["lost_clients"]


def _amount(twelfths: int | Decimal) -> Decimal:
    return Decimal(twelfths) / TWELFTHS


def _row(step: Step, month: Month, before: Month, precision: int) -> Row:
    amounts = (month.held, *(getattr(month, name) for name in _MOVEMENTS))
    churn = margin_of(before.held, before.held - month.lost, precision=precision).percent
    per_client = round_money(month.held / month.clients, precision=precision) if month.clients else None
    shown = [round_money(amount, precision=precision) for amount in amounts]
    return (step, month.clients, *shown, month.lost_clients, churn, per_client)
