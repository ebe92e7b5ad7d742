"""How recurring revenue moves, in one statement: clients are compared with themselves a month before."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django.db import connection
from django.db.models import F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import ExtractMonth, ExtractYear, Greatest, TruncDate

from billing.models import CreditNoteLine, InvoiceKind, InvoiceLine, InvoiceStatus, LineKind
from billing.queries.exact_sums import Units

_COLUMNS: Final = ("paying", "money", "starts", "ends", "ended", "monthly")
# A month is a place in the list of days; `held` has a row for each client and month with something.
_STATEMENT: Final = """
WITH months (place, day) AS (VALUES {months}),
paid (client_id, currency, starts, ends, ended, monthly) AS ({lines}),
held AS (
    SELECT months.place, paid.currency, paid.client_id, SUM(paid.monthly) AS amount
    FROM months
    JOIN paid ON paid.starts <= months.day AND months.day < paid.ends
        AND (paid.ended IS NULL OR months.day < paid.ended)
    GROUP BY months.place, paid.currency, paid.client_id
    HAVING SUM(paid.monthly) <> 0
),
moved AS (
    SELECT place, currency, amount,
        LAG(place) OVER client AS place_before,
        LAG(amount) OVER client AS amount_before,
        LEAD(place) OVER client AS place_after
    FROM held
    WINDOW client AS (PARTITION BY currency, client_id ORDER BY place)
)
SELECT place, currency, COUNT(*), SUM(amount),
    SUM(CASE WHEN place_before = place - 1 THEN 0 ELSE amount END),
    SUM(CASE WHEN place_before = place - 1 AND amount > amount_before THEN amount - amount_before ELSE 0 END),
    SUM(CASE WHEN place_before = place - 1 AND amount < amount_before THEN amount_before - amount ELSE 0 END),
    SUM(CASE WHEN place_after = place + 1 THEN 0 ELSE amount END),
    SUM(CASE WHEN place_after = place + 1 THEN 0 ELSE 1 END)
FROM moved
GROUP BY place, currency
ORDER BY currency, place
"""
_NAMES: Final = (
    "place",
    "currency",
    "clients",
    "held",
    "new",
    "expansion",
    "contraction",
    "lost",
    "lost_clients",
)


def read_movements(days: Sequence[date], *, currency: str) -> list[dict[str, Any]]:
    """For each day (by its place) and currency: clients, what they have, and how it moved; one query.

    Amounts are in twelfths of ten-thousandths. `lost` is what is gone on the day after in the list. `currency`: ""
    for all.
    """
    selects = [
        _select(_shape(rows, days, currency, way=way))
        for rows, way in ((InvoiceLine.objects.all(), ""), (CreditNoteLine.objects.all(), "invoice_line__"))
        for rows in (_charged(rows, way), _discounted(rows, way))
    ]
    lines = " UNION ALL ".join(sql for sql, _values in selects)
    months = ", ".join(["(%s, %s)"] * len(days))
    adapt = connection.ops.adapt_datefield_value
    places = [value for place, day in enumerate(days) for value in (place, adapt(day))]
    with connection.cursor() as cursor:
        values = [value for _sql, values in selects for value in values]
        cursor.execute(_STATEMENT.format(months=months, lines=lines), [*places, *values])
        return [dict(zip(_NAMES, row, strict=True)) for row in cursor.fetchall()]


def _select(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    sql, values = rows.query.sql_with_params()
    return sql, values


def _charged(rows: QuerySet[Any], way: str) -> QuerySet[Any]:
    """What is charged for the periods of services, or by `way` taken off that."""
    charges = rows.filter(_counted(way), **{f"{way}kind": LineKind.SERVICE})
    found: QuerySet[Any] = charges.annotate(ends=F(f"{way}period_end"))
    return found


def _discounted(rows: QuerySet[Any], way: str) -> QuerySet[Any]:
    """Discounts: of the period of their service's line. Apart, for only they have to look for it."""
    whole = InvoiceLine.objects.filter(
        invoice=OuterRef(f"{way}invoice"),
        service=OuterRef(f"{way}service"),
        period_start=OuterRef(f"{way}period_start"),
        kind=LineKind.SERVICE,
    )
    discounts = rows.filter(_counted(way), **{f"{way}kind": LineKind.DISCOUNT})
    found: QuerySet[Any] = discounts.annotate(ends=Subquery(whole.values("period_end")[:1]))
    return found


def _counted(way: str) -> Q:
    """Lines of issued sales, for services that were paid for once."""
    return Q(
        **{
            f"{way}is_voided": False,
            f"{way}invoice__kind": InvoiceKind.SALE,
            f"{way}service__paid_until__isnull": False,
        }
    ) & ~Q(**{f"{way}invoice__status": InvoiceStatus.DRAFT})


def _shape(lines: QuerySet[Any], days: Sequence[date], currency: str, *, way: str) -> QuerySet[Any]:
    """The columns of `paid`; credit notes count below zero."""
    start = f"{way}period_start"
    lines = lines.filter(**{f"{start}__lte": days[-1]}, ends__gt=days[0])
    if currency:
        lines = lines.filter(**{f"{way}invoice__currency": currency})
    months = (ExtractYear("ends") - ExtractYear(start)) * 12 + ExtractMonth("ends") - ExtractMonth(start)
    shaped: QuerySet[Any] = lines.annotate(
        paying=F(f"{way}invoice__client_id"),
        money=F(f"{way}invoice__currency_id"),
        starts=F(start),
        ended=TruncDate(f"{way}service__ended_at"),
        monthly=Units(F("amount")) * (-12 if way else 12) / Greatest(months, 1, output_field=IntegerField()),
    )
    found: QuerySet[Any] = shaped.order_by().values_list(*_COLUMNS)
    return found
