"""What the accounts should hold by the documents: invoices, payments, credit notes, refunds and balances.

Only sales are booked when they are issued; what asks for money in advance stands nowhere until it is paid.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum

from billing.models import (
    Account,
    Client,
    CreditNote,
    Invoice,
    InvoiceKind,
    InvoiceStatus,
    LedgerEntry,
    Payment,
    Refund,
    RefundStatus,
    RefundWay,
)

CREDIT = "credit"
# Facts that no document but the posting itself tells of.
_CORRECTIONS = ("credit.added", "credit.taken")
_REVERSALS = ("payment.reversed",)

Sums = defaultdict[tuple[str, str], Decimal]


def sums_of_documents() -> Sums:
    """(currency, account) → what its entries should sum to; revenue and tax stand together under REVENUE."""
    found: Sums = defaultdict(Decimal)
    for add in (_add_invoices, _add_payments, _add_refunds, _add_corrections):
        add(found)
    for client in Client.objects.order_by().values("currency_id").annotate(sum=Sum("credit_balance")):
        found[client["currency_id"], Account.CREDIT.value] -= client["sum"]
    return found


def _add_invoices(found: Sums) -> None:
    """What was sold and not taken back, and what of it is owed; a sale that was written off stands."""
    taken_back = Q(status=InvoiceStatus.CANCELLED, amount_written_off=0)
    standing = Invoice.objects.filter(kind=InvoiceKind.SALE).exclude(taken_back).exclude(status=InvoiceStatus.DRAFT)
    names = ("total", "amount_credited", "amount_refunded", "amount_paid", "amount_written_off")
    for currency, sums in _by_currency(standing, *names):
        total, credited, refunded, paid, written_off = (sums[name] for name in names)
        found[currency, Account.REVENUE.value] -= total - credited - refunded
        found[currency, Account.RECEIVABLE.value] += total - credited - written_off - paid
        found[currency, Account.WRITE_OFF.value] += written_off


def _add_payments(found: Sums) -> None:
    """What came, less what the gateways kept; a reversal took back what had not been refunded by then."""
    received = Payment.objects.exclude(gateway=CREDIT)
    for currency, sums in _by_currency(received, "amount", "fee"):
        found[currency, Account.CLEARING.value] += sums["amount"] - sums["fee"]
        found[currency, Account.FEES.value] += sums["fee"]
    reversed_ones = received.filter(reversed_at__isnull=False)
    for currency, sums in _by_currency(reversed_ones, "amount"):
        found[currency, Account.CLEARING.value] -= sums["amount"]
    for currency, sums in _by_currency(_sent_back().filter(payment__in=reversed_ones), "amount"):
        found[currency, Account.CLEARING.value] += sums["amount"]


def _add_refunds(found: Sums) -> None:
    """What is promised and has not left; what has left."""
    for currency, sums in _by_currency(CreditNote.objects.all(), "to_refund"):
        found[currency, Account.REFUNDS.value] -= sums["to_refund"]
    outward = Refund.objects.exclude(way=RefundWay.CREDIT)
    for currency, sums in _by_currency(outward.exclude(status=RefundStatus.FAILED), "from_credit"):
        found[currency, Account.REFUNDS.value] -= sums["from_credit"]
    for currency, sums in _by_currency(_sent_back(), "amount"):
        found[currency, Account.REFUNDS.value] += sums["amount"]
        found[currency, Account.CLEARING.value] -= sums["amount"]
    promised = Refund.objects.filter(way=RefundWay.CREDIT, credit_note__to_refund__gt=0)
    for currency, sums in _by_currency(promised, "amount"):
        found[currency, Account.REFUNDS.value] += sums["amount"]


def _add_corrections(found: Sums) -> None:
    for kinds, account in ((_CORRECTIONS, Account.CLEARING), (_REVERSALS, Account.WRITE_OFF)):
        entries = LedgerEntry.objects.filter(posting__kind__in=kinds, account=account)
        for currency, sums in _by_currency(entries, "amount"):
            found[currency, account.value] += sums["amount"]


def _sent_back() -> QuerySet[Refund]:
    return Refund.objects.filter(status=RefundStatus.DONE).exclude(way=RefundWay.CREDIT)


def _by_currency(rows: QuerySet[Any], *names: str) -> Iterator[tuple[str, dict[str, Decimal]]]:
    sums = {f"sum_of_{name}": Sum(name) for name in names}
    for row in rows.order_by().values("currency_id").annotate(**sums):
        yield row["currency_id"], {name: row[f"sum_of_{name}"] for name in names}
