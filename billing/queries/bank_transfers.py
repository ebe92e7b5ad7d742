"""Transfers of bank statements, and the invoices that people mean when they type a number."""

from collections.abc import Mapping
from typing import Final

from django.db.models import Count, Q, QuerySet

from billing.models import (
    OPEN_TRANSFERS,
    PAYABLE_STATUSES,
    BankStatement,
    BankTransfer,
    Client,
    Confidence,
    Invoice,
    TransferStatus,
)

_PROFORMA: Final = "PRO-"
_LONGEST_ID: Final = 18
SHOWN: Final = 20


def count_by_outcome(statement: BankStatement) -> Mapping[str, int]:
    """How many there are of each status; those with a proposal by its confidence instead."""
    rows = statement.transfers.order_by("status").values_list("status", "confidence").annotate(count=Count("pk"))
    found: dict[str, int] = {}
    for status, confidence, count in rows:
        code = confidence if status == TransferStatus.MATCHED else status
        found[code] = found.get(code, 0) + count
    return found


def sure_transfers(statement: BankStatement) -> QuerySet[BankTransfer]:
    """Those that wait and leave no doubt, in the order of the statement."""
    found = statement.transfers.filter(status=TransferStatus.MATCHED, confidence=Confidence.SURE)
    return found.order_by("booked_on", "pk")


def transfers_open() -> QuerySet[BankTransfer]:
    """Those that wait for a person."""
    return BankTransfer.objects.filter(status__in=OPEN_TRANSFERS)


def find_invoice(text: str) -> Invoice | None:
    """By its number, its proforma number with or without `PRO-`, or the number of its order."""
    number = text.strip()
    wanted = Q(number__iexact=number) | Q(order__number=number)
    bare = number.upper().removeprefix(_PROFORMA)
    if bare.isdecimal() and len(bare) <= _LONGEST_ID:
        wanted |= Q(pk=int(bare))
    found = list(Invoice.objects.filter(wanted).select_related("client", "currency")[:2])
    return found[0] if len(found) == 1 else None


def suggestions_for(transfer: BankTransfer) -> list[Invoice]:
    """Open invoices of the client that is proposed, or over this amount, the oldest first."""
    open_invoices = Invoice.objects.filter(status__in=PAYABLE_STATUSES, currency=transfer.currency)
    wanted = Q(total=transfer.amount)
    if transfer.client_id is not None:
        wanted |= Q(client=transfer.client_id)
    found = open_invoices.filter(wanted).select_related("client", "currency", "order").order_by("due_date", "pk")
    return list(found[:SHOWN])


def find_client(text: str) -> Client | None:
    """By e-mail, or by number with or without `#`."""
    word = text.strip()
    number = word.removeprefix("#")
    wanted = Q(email__iexact=word)
    if number.isdecimal() and len(number) <= _LONGEST_ID:
        wanted |= Q(pk=int(number))
    return Client.objects.select_related("currency").filter(wanted).first()
