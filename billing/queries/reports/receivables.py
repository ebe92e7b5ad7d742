"""What clients owe, by how long it is overdue."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from billing.models import PAYABLE_STATUSES, Account, Invoice, LedgerEntry, Posting
from billing.queries.exact_sums import units_of
from billing.queries.reports.clients import ClientReport
from billing.queries.reports.shapes import Bar, Column, Row, Sort
from billing.queries.reports.wishes import Asks, Wishes


class Receivables(ClientReport):
    """The receivable account as it stood at the end of a day, by the due dates of its invoices."""

    code = "receivables"
    title = gettext_lazy("Receivables by age")
    words = gettext_lazy(
        "What clients owed at the end of the day, by the days that it was overdue then. Written-off amounts are no "
        "longer owed."
    )
    bar_label = gettext_lazy("Owed by age")
    asks = Asks.DAY
    largest = "owed"
    columns = (
        Column("client_id", gettext_lazy("No."), Sort.CLIENT),
        Column("client", gettext_lazy("Client"), Sort.TEXT),
        Column("current", gettext_lazy("Not due yet")),
        Column("days_1_30", gettext_lazy("1–30 days")),
        Column("days_31_60", gettext_lazy("31–60 days")),
        Column("days_61_90", gettext_lazy("61–90 days")),
        Column("days_over_90", gettext_lazy("Over 90 days")),
        Column("owed", gettext_lazy("Owed")),
    )

    def entries(self, wishes: Wishes) -> QuerySet[Any]:
        """What an invoice is paid, credited or written off cancels its issue: nothing is left of settled ones.

        Those that were settled by that day are not even looked at.
        """
        ends_at = wishes.span.ends_at
        moved_later = Posting.objects.filter(posted_at__gte=ends_at, invoice__isnull=False).order_by()
        open_now = Invoice.objects.filter(status__in=PAYABLE_STATUSES).order_by()
        unsettled = open_now.values("pk").union(moved_later.values("invoice"))
        return LedgerEntry.objects.filter(
            account=Account.RECEIVABLE, posting__posted_at__lt=ends_at, posting__invoice__in=unsettled
        )

    def sums(self, wishes: Wishes) -> Mapping[str, Any]:
        """An invoice is due until the end of its due date."""
        day, due = wishes.span.last, "posting__invoice__due_date"
        turns = [day - timedelta(days=days) for days in (0, 30, 60, 90)]
        ages = {
            "current": Q(**{f"{due}__gte": turns[0]}),
            "days_1_30": Q(**{f"{due}__lt": turns[0], f"{due}__gte": turns[1]}),
            "days_31_60": Q(**{f"{due}__lt": turns[1], f"{due}__gte": turns[2]}),
            "days_61_90": Q(**{f"{due}__lt": turns[2], f"{due}__gte": turns[3]}),
            "days_over_90": Q(**{f"{due}__lt": turns[3]}),
        }
        return {name: units_of("amount", only=age) for name, age in ages.items()} | {"owed": units_of("amount")}

    def bars(self, totals: Row) -> list[Bar]:
        """A bar for each age."""
        ages = zip(self.columns[2:-1], totals[2:-1], strict=True)
        return [Bar(str(column.label), cell) for column, cell in ages if isinstance(cell, Decimal)]
