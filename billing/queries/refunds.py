"""How much of a payment can still be given back, and what of it is where."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Sum

from billing.models import CreditNote, Invoice, InvoiceKind, InvoiceStatus, Payment, Refund, RefundStatus, RefundWay
from billing.queries.corrections import amount_left
from catalog.taxes import ZERO

CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Refundable:
    """What can be given back of a payment: `loose` money that is the client's credit, and what the `invoice` holds.

    `left`: of the payment in all. What has become credit and was spent since can no longer be given back.
    """

    left: Decimal
    loose: Decimal
    invoice: Decimal

    @property
    def most(self) -> Decimal:
        """The largest refund that is possible now."""
        return max(min(self.left, self.loose + self.invoice), ZERO)


def refundable(payment: Payment, *, way: str) -> Refundable:
    """By the rows as they are now: `payment.invoice` and its client are best locked. One query.

    To credit goes only what is not credit already; what was paid with credit goes nowhere else.
    """
    if payment.reversed_at is not None or (payment.gateway == CREDIT and way != RefundWay.CREDIT):
        return Refundable(ZERO, ZERO, ZERO)
    standing = payment.refunds.exclude(status=RefundStatus.FAILED)
    sums = standing.aggregate(all=Sum("amount"), loose=Sum("from_credit"))
    refunded, from_credit = sums["all"] or ZERO, sums["loose"] or ZERO
    invoice = payment.invoice
    if invoice.kind != InvoiceKind.SALE:
        loose, held = payment.amount - refunded, ZERO
    else:
        loose, held = payment.amount - payment.applied_amount - from_credit, _held(invoice, payment)
    if way == RefundWay.CREDIT or payment.gateway == CREDIT:
        loose = ZERO
    return Refundable(
        left=payment.amount - refunded, loose=max(min(loose, invoice.client.credit_balance), ZERO), invoice=held
    )


def _held(invoice: Invoice, payment: Payment) -> Decimal:
    """What of the payment is on the invoice: off a paid one by a credit note, off an open one without."""
    if invoice.status == InvoiceStatus.PAID:
        return min(payment.applied_amount, amount_left(invoice))
    if invoice.is_payable:
        return min(payment.applied_amount, invoice.amount_paid - invoice.amount_refunded)
    return ZERO


def owed_by(note: CreditNote) -> Decimal:
    """What a credit note promised to give back and no refund covers yet. One query."""
    covered = note.refunds.exclude(status=RefundStatus.FAILED).aggregate(sum=Sum(F("amount") - F("from_credit")))
    return note.to_refund - Decimal(covered["sum"] or 0)


def owed_notes(invoice: Invoice) -> Sequence[tuple[CreditNote, Decimal]]:
    """The credit notes of an invoice that still promise money, oldest first, each with how much."""
    notes = invoice.credit_notes.filter(to_refund__gt=0).order_by("pk")
    return [(note, owed) for note in notes if (owed := owed_by(note)) > 0]


def pending_refunds(invoice: Invoice) -> Sequence[Refund]:
    """Refunds of an invoice's payments that a gateway has not settled."""
    return list(Refund.objects.filter(payment__invoice=invoice, status=RefundStatus.PENDING).order_by("pk"))
