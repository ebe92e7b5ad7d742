"""Money on its way, money that does not come: payment pending, collections, written off."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.ledger import post
from billing.actions.locking import lock_invoice
from billing.models import PAYABLE_STATUSES, Account, Invoice, InvoiceKind, InvoiceStatus


class InvoiceNotCollectable(Exception):
    """The invoice is not in a state from which this is possible."""


def mark_payment_pending(*, invoice: Invoice, actor: str, now: datetime) -> Invoice:
    """UNPAID → PAYMENT_PENDING: the gateway has started, money is not here yet. Raises InvoiceNotCollectable."""
    return _move(
        invoice, (InvoiceStatus.UNPAID,), InvoiceStatus.PAYMENT_PENDING, "invoice.payment_pending", actor=actor, now=now
    )


def mark_payment_failed(*, invoice: Invoice, actor: str, now: datetime) -> Invoice:
    """PAYMENT_PENDING → UNPAID: the money that was on its way does not come. Raises InvoiceNotCollectable."""
    return _move(
        invoice, (InvoiceStatus.PAYMENT_PENDING,), InvoiceStatus.UNPAID, "invoice.payment_failed", actor=actor, now=now
    )


def move_to_collections(*, invoice: Invoice, actor: str, now: datetime) -> Invoice:
    """UNPAID or PAYMENT_PENDING → COLLECTIONS: no more reminders, somebody else asks for the money.

    Raises InvoiceNotCollectable.
    """
    return _move(
        invoice,
        (InvoiceStatus.UNPAID, InvoiceStatus.PAYMENT_PENDING),
        InvoiceStatus.COLLECTIONS,
        "invoice.moved_to_collections",
        actor=actor,
        now=now,
    )


def _move(
    invoice: Invoice,
    before: Collection[InvoiceStatus],
    after: InvoiceStatus,
    name: str,
    *,
    actor: str,
    now: datetime,
) -> Invoice:
    with transaction.atomic():
        locked = lock_invoice(invoice)
        if locked.status not in before or (locked.kind != InvoiceKind.SALE and after == InvoiceStatus.COLLECTIONS):
            raise _refusal(locked)
        locked.status = after
        locked.save(update_fields=["status"])
        record_event(name, now=now, actor=actor, invoice=locked)
    return locked


def write_off_invoice(*, invoice: Invoice, actor: str, now: datetime) -> Invoice:
    """Payable → CANCELLED with the rest of it as a loss: nobody asks for it any more, but what was sold stays sold.

    An invoice that was a mistake is cancelled or credited instead. Raises InvoiceNotCollectable.
    """
    with transaction.atomic():
        locked = lock_invoice(invoice)
        if locked.status not in PAYABLE_STATUSES or locked.kind != InvoiceKind.SALE or locked.balance <= 0:
            raise _refusal(locked)
        data = {"amount": str(locked.balance)}
        locked.status = InvoiceStatus.CANCELLED
        locked.save(update_fields=["status"])
        write_off(locked, now=now)
        record_event("invoice.written_off", now=now, actor=actor, invoice=locked, data=data)
    return locked


def write_off(invoice: Invoice, *, now: datetime) -> None:
    """Takes what is open of a locked invoice as a loss."""
    amount = invoice.balance
    invoice.amount_written_off += amount
    invoice.save(update_fields=["amount_written_off"])
    post(
        "invoice.written_off",
        client=invoice.client,
        currency_id=invoice.currency_id,
        amounts={Account.WRITE_OFF: amount, Account.RECEIVABLE: -amount},
        now=now,
        invoice=invoice,
    )


def _refusal(invoice: Invoice) -> InvoiceNotCollectable:
    words = _("Not possible for invoice %(number)s: %(status)s.")
    return InvoiceNotCollectable(words % {"number": invoice.display_number, "status": invoice.get_status_display()})
