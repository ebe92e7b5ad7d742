"""Payments that the bank takes back."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.commissions import void_commissions
from billing.actions.events import record_event
from billing.actions.invoicing import write_off
from billing.actions.ledger import post
from billing.actions.locking import lock_invoice
from billing.actions.notifications import notify_operators
from billing.actions.payments.checking import (
    find_reason_fault,
    find_size_faults,
)
from billing.actions.payments.settling import change_credit
from billing.gateways import CREDIT
from billing.models import (
    Account,
    Invoice,
    InvoiceKind,
    InvoiceStatus,
    Payment,
    Refund,
    RefundStatus,
    RefundWay,
)
from catalog.taxes import ZERO


class ReversalInvalid(Exception):
    """The reversal is malformed; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


class PaymentNotReversible(Exception):
    """The payment was taken or given back already, never came from outside, or a refund of it is under way."""


def reverse_payment(*, payment: Payment, reason: str, actor: str, now: datetime, fee: Decimal = Decimal(0)) -> Payment:
    """A chargeback: the bank takes back what was not refunded of a payment, and the gateway keeps `fee` for it.

    A paid invoice goes to COLLECTIONS with its number: it is owed again. What had become credit is taken from the
    credit; what of that was spent since is a loss, written off. Services stay: operators are told and decide.
    Raises ReversalInvalid, PaymentNotReversible.
    """
    errors: dict[str, list[str]] = {}
    if fault := find_reason_fault(reason):
        errors["reason"] = [fault]
    if not fee.is_finite() or fee < 0:
        errors["fee"] = [_("Enter zero or more.")]
    elif faults := find_size_faults(fee, precision=payment.currency.precision):
        errors["fee"] = faults
    if errors:
        raise ReversalInvalid(errors)
    with transaction.atomic():
        invoice = lock_invoice(payment.invoice)
        locked = Payment.objects.select_for_update(of=("self",), no_key=True).get(pk=payment.pk)
        _check_reversible(locked)
        lost = _take_back(locked, invoice, fee=fee, now=now)
        _send_to_collections(invoice)
        void_commissions(invoice=invoice, actor=actor, now=now)
        if invoice.amount_written_off and invoice.balance:
            write_off(invoice, now=now)  # what was paid of it before the rest was written off
        data = {
            "amount": str(locked.amount),
            "currency": invoice.currency_id,
            "fee": str(fee) if fee else "",
            "lost": str(lost) if lost else "",
            "reason": reason,
        }
        event = record_event("payment.reversed", now=now, actor=actor, invoice=invoice, data=data)
        notify_operators(event, now=now)
        return locked


def _check_reversible(payment: Payment) -> None:
    if payment.gateway == CREDIT:
        raise PaymentNotReversible(_("This was paid with credit: no bank can take it back."))
    if payment.reversed_at is not None:
        raise PaymentNotReversible(_("The bank has taken this payment back already."))
    if payment.refunds.filter(status=RefundStatus.PENDING).exists():
        raise PaymentNotReversible(_("A refund of this payment is under way: wait for its end first."))


def _take_back(payment: Payment, invoice: Invoice, *, fee: Decimal, now: datetime) -> Decimal:
    """Posts it and returns what could be taken neither from the invoice nor from the credit."""
    sent_back = Refund.objects.filter(payment=payment, status=RefundStatus.DONE).exclude(way=RefundWay.CREDIT)
    amount = payment.amount - sum((refund.amount for refund in sent_back), ZERO)
    if amount <= 0:
        raise PaymentNotReversible(_("All of this payment was given back already."))
    off_invoice = min(amount, payment.applied_amount, invoice.amount_paid - invoice.amount_refunded)
    owed_again = off_invoice if invoice.kind == InvoiceKind.SALE else ZERO
    off_credit = min(amount - owed_again, invoice.client.credit_balance)
    payment.applied_amount -= off_invoice
    payment.fee += fee
    payment.reversed_at = now
    payment.save(update_fields=["applied_amount", "fee", "reversed_at"])
    invoice.amount_paid -= off_invoice
    invoice.save(update_fields=["amount_paid"])
    change_credit(invoice.client, -off_credit)
    lost = amount - owed_again - off_credit
    post(
        "payment.reversed",
        client=invoice.client,
        currency_id=invoice.currency_id,
        amounts={
            Account.CLEARING: -amount - fee,
            Account.FEES: fee,
            Account.RECEIVABLE: owed_again,
            Account.CREDIT: off_credit,
            Account.WRITE_OFF: lost,
        },
        now=now,
        invoice=invoice,
        payment=payment,
    )
    return lost


def _send_to_collections(invoice: Invoice) -> None:
    """PAID → COLLECTIONS; money in advance that was taken back is asked for no longer: → CANCELLED."""
    if invoice.status == InvoiceStatus.PAID:
        is_sale = invoice.kind == InvoiceKind.SALE
        invoice.status = InvoiceStatus.COLLECTIONS if is_sale else InvoiceStatus.CANCELLED
        invoice.save(update_fields=["status"])
