"""What renewals will bring in the next twelve months, if everything goes on as it is."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Case, Count, DateField, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest, Least, TruncMonth
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import CancellationRequest, CancellationStatus, InvoiceLine, LineKind, Operation, Service
from billing.queries.exact_sums import to_amount, units_of
from billing.queries.reports.shapes import Bar, Column, Report, Row, Section, Sort, total_of
from billing.queries.reports.spans import MONTH, Span
from billing.queries.reports.wishes import Asks, Wishes
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS, add_months

MONTHS_AHEAD: Final = 12
ENDLESS: Final = -1


@dataclass(slots=True)
class Due:
    """What falls due in one month."""

    renewals: int = 0
    price: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)


class RenewalForecast(Report):
    """Renewals by month."""

    code = "forecast"
    title = gettext_lazy("Forecast of renewals")
    words = gettext_lazy(
        "Live services are taken to be renewed on each due date at their present price, as often as their limit, their "
        "fixed term and their promo code allow; those that are to be cancelled are left out. What is overdue counts in "
        "this month. Prices are those of the price list, with tax where that holds it."
    )
    bar_label = gettext_lazy("Renewals after discounts")
    asks = Asks.NOTHING
    columns = (
        Column("month", gettext_lazy("Month"), Sort.STEP),
        Column("renewals", gettext_lazy("Renewals"), Sort.COUNT),
        Column("price", gettext_lazy("Price")),
        Column("discount", gettext_lazy("Discount")),
        Column("amount", gettext_lazy("To be invoiced")),
    )

    def sections(self, wishes: Wishes, *, limit: int) -> list[Section]:
        """One query: services in groups that are due in the same months."""
        last = add_months(wishes.today, MONTHS_AHEAD - 1, anchor_day=1)
        span = Span(wishes.today.replace(day=1), last, MONTH)
        firsts = [step.first for step in span.steps()]
        found: defaultdict[str, dict[date, Due]] = defaultdict(lambda: {first: Due() for first in firsts})
        for group in _groups(wishes):
            for first, is_discounted in _renewals(group, firsts):
                due = found[group["currency_id"]][first]
                due.renewals += group["services"]
                due.price += to_amount(group["price"])
                due.discount += to_amount(group["discount"]) if is_discounted else 0
        return [self._section(currency, span, months) for currency, months in sorted(found.items())]

    def _section(self, currency: str, span: Span, months: Mapping[date, Due]) -> Section:
        rows: list[Row] = [
            (span.step_from(first), due.renewals, due.price, due.discount, due.price - due.discount)
            for first, due in months.items()
        ]
        bars = [Bar(span.step_from(first), due.price - due.discount) for first, due in months.items()]
        return Section(currency, rows, total_of(rows, self.columns, label=_("Total")), bars)


def _groups(wishes: Wishes) -> QuerySet[Any, dict[str, Any]]:
    """Services by the month of their due date (the day where a fixed term ends them), cycle and what is left to them.

    `renewals_left` and `discounts_left` count from the next due date on, whether that was invoiced already or not.
    """
    ending = Operation.objects.unsettled().filter(service=OuterRef("pk"), kind="TERMINATE")
    stopping = CancellationRequest.objects.filter(service=OuterRef("pk"), status=CancellationStatus.OPEN)
    services = Service.objects.live().filter(
        ~Exists(ending), ~Exists(stopping), cycle__in=CYCLE_MONTHS, next_due_date__isnull=False, recurring_amount__gt=0
    )
    if wishes.currency:
        services = services.filter(currency=wishes.currency)
    counted = services.annotate(**_facts())
    keys = ("currency_id", "due", "cycle", "term_ends_on", "renewals_left", "discounts_left")
    grouped = counted.order_by().values(*keys)
    found: QuerySet[Any, dict[str, Any]] = grouped.annotate(
        services=Count("pk"), price=units_of("recurring_amount"), discount=units_of("off")
    )
    return found


def _facts() -> dict[str, Any]:
    """What services are grouped by, and the discount of one renewal."""
    month = Cast(TruncMonth("next_due_date"), DateField())
    discounted = F("order_line__discounted_renewals")
    return {
        "due": Case(When(term_ends_on=None, then=month), default=F("next_due_date")),
        "renewals_left": Case(
            When(recurring_limit=0, then=Value(ENDLESS)),
            default=Greatest(F("recurring_limit") - _had(LineKind.SERVICE), 0),
            output_field=IntegerField(),
        ),
        "discounts_left": Case(
            When(order_line__later_discount=0, then=Value(0)),
            When(order_line__discounted_renewals=None, then=Value(ENDLESS)),
            default=Greatest(discounted - _had(LineKind.DISCOUNT), 0),
            output_field=IntegerField(),
        ),
        "off": Least("order_line__later_discount", "recurring_amount"),
    }


def _had(kind: LineKind) -> Coalesce:
    """How many renewals before the next due date had such a line, cancelled invoices apart."""
    lines = InvoiceLine.objects.filter(
        service=OuterRef("pk"),
        kind=kind,
        is_voided=False,
        period_start__gt=OuterRef("registered_on"),
        period_start__lt=OuterRef("next_due_date"),
    )
    return Coalesce(Subquery(lines.order_by().values("service").annotate(count=Count("pk")).values("count")), 0)


def _renewals(group: Mapping[str, Any], firsts: list[date]) -> Iterator[tuple[date, bool]]:
    """(first day of the month, whether a promo code reduces it) of each renewal of a group."""
    due, months = group["due"], CYCLE_MONTHS[Cycle(group["cycle"])]
    count = 0
    day = due
    while day < add_months(firsts[-1], 1, anchor_day=1):
        is_over = 0 <= group["renewals_left"] <= count
        if is_over or (group["term_ends_on"] and day >= group["term_ends_on"]):
            return
        yield max(day.replace(day=1), firsts[0]), group["discounts_left"] == ENDLESS or count < group["discounts_left"]
        count += 1
        day = add_months(due, months * count, anchor_day=due.day)
