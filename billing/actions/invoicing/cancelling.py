"""Invoices that nobody has to pay any more."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.credit_notes import issue_credit_note
from billing.actions.events import record_event
from billing.actions.invoicing.issuing import post_cancellation
from billing.actions.locking import lock_invoice
from billing.actions.payments.settling import release_money
from billing.models import (
    CreditNoteTo,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceStatus,
)
from billing.queries.corrections import amount_left
from catalog.taxes import ZERO


class InvoiceNotCancellable(Exception):
    """Money was received for it, it is settled already, or it has a number: then only a credit note corrects it."""


def cancel_invoice(*, invoice: Invoice, now: datetime, actor: str = "", is_money_released: bool = False) -> Invoice:
    """DRAFT or payable → CANCELLED: its lines free their periods, the books are reversed.

    `is_money_released`: what was paid of it becomes the client's credit; without, money stops it.
    Raises InvoiceNotCancellable.
    """
    with transaction.atomic():
        locked = lock_invoice(invoice)
        _check_cancellable(locked, is_money_released=is_money_released)
        for payment in locked.payments.filter(applied_amount__gt=0).order_by("pk"):
            if locked.kind == InvoiceKind.SALE:
                release_money(payment, locked, payment.applied_amount, now=now)
        was_issued = locked.status != InvoiceStatus.DRAFT
        _void(locked, status=InvoiceStatus.CANCELLED)
        if was_issued and locked.kind == InvoiceKind.SALE:
            post_cancellation(locked, now=now)
        record_event("invoice.cancelled", now=now, actor=actor, invoice=locked)
    return locked


def _check_cancellable(invoice: Invoice, *, is_money_released: bool) -> None:
    if invoice.number:
        raise InvoiceNotCancellable(_("This invoice has a number: correct it by a credit note."))
    if not invoice.is_payable and invoice.status != InvoiceStatus.DRAFT:
        raise InvoiceNotCancellable(_("Money was received for this invoice, or it is settled already."))
    # Money in advance is credit since it came: nothing has to be freed.
    if invoice.amount_paid > 0 and not is_money_released and invoice.kind == InvoiceKind.SALE:
        raise InvoiceNotCancellable(_("Money was received for this invoice, or it is settled already."))


def refund_invoice_to_credit(*, invoice: Invoice, now: datetime, actor: str = "", reason: str = "") -> Decimal:
    """Gives all that was paid back as client credit, so that nothing is lost with a paid order. Returns the amount.

    A paid invoice gets a credit note over all that is left of it; one that is not paid up is cancelled.
    Raises InvoiceNotCancellable where it was settled otherwise.
    """
    with transaction.atomic():
        locked = lock_invoice(invoice)
        if locked.number is None:
            paid = locked.amount_paid
            cancel_invoice(invoice=locked, now=now, actor=actor, is_money_released=True)
            return paid
        if amount_left(locked) == 0:
            return _close_empty(locked, actor=actor, now=now)
        note = issue_credit_note(
            invoice=locked, to=CreditNoteTo.CREDIT, reason=reason or _("Order cancelled"), actor=actor, now=now
        )
        return note.to_credit


def _close_empty(invoice: Invoice, *, actor: str, now: datetime) -> Decimal:
    """A paid invoice over nothing: there is nothing to give back, its periods are free."""
    if invoice.status == InvoiceStatus.PAID:
        _void(invoice, status=InvoiceStatus.REFUNDED)
        record_event("invoice.refunded", now=now, actor=actor, invoice=invoice)
    return ZERO


def _void(invoice: Invoice, *, status: InvoiceStatus) -> None:
    invoice.status = status
    invoice.save(update_fields=["status"])
    InvoiceLine.objects.filter(invoice=invoice).update(is_voided=True)
