"""An invoice that was wrong is written again: the old one is taken back, a copy of it can be put right."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.credit_notes import CreditNoteInvalid, issue_credit_note
from billing.actions.events import record_event
from billing.actions.invoicing.cancelling import cancel_invoice
from billing.actions.invoicing.drafting import recount
from billing.actions.locking import lock_invoice
from billing.actions.payments.checking import find_reason_fault
from billing.models import CreditNoteTo, Invoice, InvoiceKind, InvoiceLine, InvoiceStatus
from billing.queries.clock import business_date


class InvoiceNotReissuable(Exception):
    """Only sales that stand are written again."""


def reissue_invoice(*, invoice: Invoice, reason: str, actor: str, now: datetime) -> Invoice:
    """Takes an invoice back and returns a draft with the same lines.

    What was paid of it becomes credit, which can pay the new one: an unpaid invoice is cancelled, one with a number
    gets a credit note over all that is left. Raises InvoiceNotReissuable, CreditNoteInvalid for a missing reason.
    """
    if fault := find_reason_fault(reason):
        raise CreditNoteInvalid({"reason": [fault]})
    with transaction.atomic():
        locked = lock_invoice(invoice)
        stands = locked.is_payable or locked.status == InvoiceStatus.PAID
        if locked.kind != InvoiceKind.SALE or not stands:
            raise InvoiceNotReissuable(_("Only an invoice that stands can be written again."))
        if locked.amount_refunded or locked.amount_credited:
            raise InvoiceNotReissuable(_("A part of this invoice was taken back already: write a new one."))
        if locked.number and locked.total:
            issue_credit_note(invoice=locked, to=CreditNoteTo.CREDIT, reason=reason, actor=actor, now=now)
        elif locked.number:
            raise InvoiceNotReissuable(_("There is nothing to take back of an invoice over nothing."))
        else:
            cancel_invoice(invoice=locked, now=now, actor=actor, is_money_released=True)
        draft = _copy(locked, now=now)
        data = {"draft": draft.pk, "reason": reason}
        record_event("invoice.reissued", now=now, actor=actor, invoice=locked, order=locked.order, data=data)
        record_event("invoice.drafted", now=now, actor=actor, invoice=draft)
    return draft


def _copy(invoice: Invoice, *, now: datetime) -> Invoice:
    """The order goes with the copy: whether that is paid decides about what was ordered."""
    order_id = invoice.order_id
    Invoice.objects.filter(pk=invoice.pk).update(order=None)
    draft = Invoice.objects.create(
        client=invoice.client,
        order_id=order_id,
        status=InvoiceStatus.DRAFT,
        currency=invoice.currency,
        payment_method=invoice.payment_method,
        issue_date=business_date(now),
        due_date=max(invoice.due_date, business_date(now)),
        subtotal=invoice.subtotal,
        tax=invoice.tax,
        total=invoice.total,
        notes=invoice.notes,
    )
    lines = list(invoice.lines.order_by("pk"))
    for line in lines:
        line.pk, line.invoice, line.is_voided = None, draft, False
        line._state.adding = True
    InvoiceLine.objects.bulk_create(lines)
    recount(draft)
    return draft
