"""The credit of clients, and what moved it."""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import BigIntegerField, ExpressionWrapper, Q, QuerySet
from django.utils.translation import gettext_lazy

from billing.models import Account, LedgerEntry
from billing.queries.exact_sums import units_of
from billing.queries.reports.clients import ClientReport
from billing.queries.reports.shapes import Column, Sort
from billing.queries.reports.wishes import Asks, Wishes

PAID_IN: Final = ("credit.added", "payment.received", "affiliate.credited")
GIVEN_BACK: Final = ("credit_note.issued", "payment.released", "refund.failed", "refund.done")
USED: Final = ("credit.applied",)


class Credits(ClientReport):
    """The credit account of the days asked for: opening, movements, closing."""

    code = "credits"
    title = gettext_lazy("Client credit")
    words = gettext_lazy(
        "What clients had as credit before these days and after them, and what moved it: money paid in and "
        "commissions, money given back of invoices, credit that paid invoices, credit paid out or taken."
    )
    asks = Asks.DAYS
    largest = "closing"
    columns = (
        Column("client_id", gettext_lazy("No."), Sort.CLIENT),
        Column("client", gettext_lazy("Client"), Sort.TEXT),
        Column("opening", gettext_lazy("Before")),
        Column("paid_in", gettext_lazy("Paid in")),
        Column("given_back", gettext_lazy("Given back")),
        Column("used", gettext_lazy("Used")),
        Column("taken", gettext_lazy("Taken out")),
        Column("closing", gettext_lazy("After")),
    )

    def entries(self, wishes: Wishes) -> QuerySet[Any]:
        """All until the last day: the balance before is the sum of all before."""
        return LedgerEntry.objects.filter(account=Account.CREDIT, posting__posted_at__lt=wishes.span.ends_at)

    def sums(self, wishes: Wishes) -> Mapping[str, Any]:
        """The account is one of debts to clients: its entries are below zero where clients get something."""
        is_before = Q(posting__posted_at__lt=wishes.span.starts_at)
        known = Q(posting__kind__in=(*PAID_IN, *GIVEN_BACK, *USED))
        return {
            "opening": _negated(is_before),
            "paid_in": _negated(~is_before & Q(posting__kind__in=PAID_IN)),
            "given_back": _negated(~is_before & Q(posting__kind__in=GIVEN_BACK)),
            "used": _negated(~is_before & Q(posting__kind__in=USED)),
            "taken": _negated(~is_before & ~known),
            "closing": _negated(Q()),
        }


def _negated(only: Q) -> Any:
    return ExpressionWrapper(units_of("amount", only=only) * -1, output_field=BigIntegerField())
