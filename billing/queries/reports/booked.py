"""What the ledger holds as revenue and tax, read from the lines that it was posted from.

An invoice is booked with all its lines when it is issued, taken back with all of them when it is cancelled; a credit
note takes back its own lines. Grouped in the database: as many rows come back as there are groups, not lines.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet

from billing.models import CreditNoteLine, InvoiceLine, LineKind
from billing.queries.exact_sums import to_amount, units_of
from billing.queries.reports.wishes import Wishes

ISSUED: Final = "invoice.issued"
CANCELLED: Final = "invoice.cancelled"
# What leads to a column of the invoice line: "" from the line itself.
type Way = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Booked:
    """A sum of lines: `net` and `tax` as they change the books, below zero for what is taken back.

    `first_tax`: the part of the tax of the first level. `periods`: how many periods of services were sold.
    """

    currency: str
    step: date
    keys: tuple[Any, ...]
    is_taken_back: bool
    net: Decimal
    tax: Decimal
    first_tax: Decimal
    periods: int


def sum_booked(
    wishes: Wishes, *, keys: Mapping[str, Way], only: Way | None = None, first_tax: Any = None
) -> Iterator[Booked]:
    """The booked sums by currency, step and `keys`. `only`: a condition on the lines. Two queries."""
    span = wishes.span
    lines = InvoiceLine.objects.filter(
        invoice__postings__kind__in=(ISSUED, CANCELLED),
        invoice__postings__posted_at__gte=span.starts_at,
        invoice__postings__posted_at__lt=span.ends_at,
    ).annotate(at=F("invoice__postings__posted_at"), why=F("invoice__postings__kind"), code=F("invoice__currency"))
    notes = CreditNoteLine.objects.filter(
        credit_note__issued_at__gte=span.starts_at, credit_note__issued_at__lt=span.ends_at
    ).annotate(at=F("credit_note__issued_at"), code=F("credit_note__currency"))
    for rows, way in ((lines, ""), (notes, "invoice_line__")):
        chosen = rows.filter(only(way)) if only else rows
        named = {name: found(way) for name, found in keys.items()}
        yield from _group(chosen, wishes, named, first_tax, is_line=not way)


def _group(
    rows: QuerySet[Any], wishes: Wishes, keys: Mapping[str, Any], first_tax: Any, *, is_line: bool
) -> Iterator[Booked]:
    if wishes.currency:
        rows = rows.filter(code=wishes.currency)
    rows = rows.annotate(step=wishes.span.step_of("at"), **keys)
    tax = units_of("tax")
    sums: dict[str, Any] = {"net": units_of("amount"), "all_tax": tax, "level": first_tax or tax}
    if is_line:
        sums["periods"] = Count("pk", filter=Q(kind=LineKind.SERVICE))
    whys = ["why"] if is_line else []
    for row in rows.order_by().values("code", "step", *whys, *keys).annotate(**sums):
        sign = 1 if row.get("why") == ISSUED else -1
        yield Booked(
            row["code"],
            row["step"],
            tuple(row[name] for name in keys),
            sign < 0,
            sign * to_amount(row["net"]),
            sign * to_amount(row["all_tax"]),
            sign * to_amount(row["level"]),
            sign * row.get("periods", 0),
        )
