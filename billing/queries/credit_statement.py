"""The client's credit as its account in the ledger tells it: every movement with the balance after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import Account, Client, Event, Invoice, LedgerEntry

PAGE_SIZE: Final = 50
CORRECTIONS: Final = ("credit.added", "credit.taken")
WORDS: Final[Mapping[str, str | Promise]] = {
    "credit.added": _("Paid in advance"),
    "credit.applied": _("Used for an invoice"),
    "credit.taken": _("Corrected"),
    "credit_note.issued": _("Credit note"),
    "invoice.refunded": _("Given back as credit"),
    "payment.received": _("Received"),
    "payment.released": _("Taken off an invoice"),
    "payment.reversed": _("Taken back by the bank"),
    "refund.done": _("Given back as credit"),
    "refund.failed": _("Refund that failed"),
    "refund.requested": _("Paid back"),
}


@dataclass(frozen=True, slots=True)
class Movement:
    """One posting: `amount` above zero came in. `reason` is what staff wrote to a correction."""

    at: datetime
    words: str | Promise
    invoice: Invoice | None
    amount: Decimal
    balance: Decimal
    reason: str = ""


def credit_page(client: Client, *, number: str) -> tuple[Page[LedgerEntry], Sequence[Movement]]:
    """One page of the client's movements, newest first. The same few queries for any number of them."""
    entries = LedgerEntry.objects.filter(client=client, account=Account.CREDIT)
    page = Paginator(entries.select_related("posting__invoice").order_by("-pk"), PAGE_SIZE).get_page(number)
    rows = list(page.object_list)
    if not rows:
        return page, ()
    balance = -(entries.filter(pk__lte=rows[0].pk).aggregate(sum=Sum("amount"))["sum"] or Decimal(0))
    reasons = _reasons_of(client, rows)
    movements = []
    for entry in rows:
        posting = entry.posting
        movements.append(
            Movement(
                at=posting.posted_at,
                words=WORDS.get(posting.kind, posting.kind),
                invoice=posting.invoice,
                amount=-entry.amount,
                balance=balance,
                reason=reasons.get((posting.kind, posting.posted_at), ""),
            )
        )
        balance += entry.amount
    return page, movements


def _reasons_of(client: Client, rows: Sequence[LedgerEntry]) -> dict[tuple[str, datetime], str]:
    """What staff wrote: the event of a correction is of the same moment as its posting."""
    moments = {entry.posting.posted_at for entry in rows if entry.posting.kind in CORRECTIONS}
    if not moments:
        return {}
    events = Event.objects.filter(client=client, name__in=CORRECTIONS, at__in=moments)
    return {(event.name, event.at): str(event.data.get("reason", "")) for event in events}
