"""Step ③: money for an invoice, once per gateway reference."""

from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.ledger import post
from billing.actions.locking import lock_invoice
from billing.actions.notifications import notify_operators
from billing.actions.payments.checking import (
    InvoiceNotPayable,
    PaymentConflict,
    check_payment,
    not_payable_words,
)
from billing.actions.payments.settling import apply_money, change_credit, write_payment
from billing.models import Account, Invoice, InvoiceKind, InvoiceStatus, Payment


def record_payment(
    *,
    invoice: Invoice,
    gateway: str,
    reference: str,
    amount: Decimal,
    actor: str,
    now: datetime,
    fee: Decimal = Decimal(0),
    currency: str | None = None,
) -> Payment:
    """Records money that arrived. The same news again gives the same Payment and changes nothing.

    What exceeds the balance becomes client credit; all of it where the invoice is paid, cancelled or refunded, and then
    operators are told. `fee`: what the gateway kept of it. `currency`: where the news names it, it has to be the
    invoice's. Raises PaymentInvalid, PaymentConflict; InvoiceNotPayable for a draft, which nobody was asked to pay.
    """
    try:
        with transaction.atomic():
            locked = lock_invoice(invoice)
            check_payment(locked, gateway=gateway, reference=reference, amount=amount, fee=fee, currency=currency)
            return _receive(locked, gateway, reference, amount, fee=fee, actor=actor, now=now)
    except IntegrityError:
        # The database knows a reference that comes again, at the same moment too.
        known = _find_known(invoice, gateway, reference, amount)
        if known is None:
            raise
        return known


def _find_known(invoice: Invoice, gateway: str, reference: str, amount: Decimal) -> Payment | None:
    known = Payment.objects.filter(gateway=gateway, reference=reference).first()
    if known is not None and (known.invoice_id != invoice.pk or known.amount != amount):
        raise PaymentConflict(_("This reference was used for another payment."))
    return known


def _receive(
    invoice: Invoice, gateway: str, reference: str, amount: Decimal, *, fee: Decimal, actor: str, now: datetime
) -> Payment:
    if invoice.status == InvoiceStatus.DRAFT:
        raise InvoiceNotPayable(not_payable_words(invoice))
    applied = min(amount, invoice.balance) if invoice.is_payable else Decimal(0)
    payment = write_payment(
        invoice, gateway=gateway, reference=reference, amount=amount, applied=applied, fee=fee, actor=actor, now=now
    )
    # Money in advance is credit from the start: nothing was sold for it.
    sold = applied if invoice.kind == InvoiceKind.SALE else Decimal(0)
    change_credit(invoice.client, amount - sold)
    post(
        "payment.received",
        client=invoice.client,
        currency_id=invoice.currency_id,
        amounts={
            Account.CLEARING: amount - fee,
            Account.FEES: fee,
            Account.RECEIVABLE: -sold,
            Account.CREDIT: sold - amount,
        },
        now=now,
        invoice=invoice,
        payment=payment,
    )
    if invoice.is_payable:
        apply_money(invoice, applied, actor=actor, now=now)
    else:
        _tell_operators(invoice, amount, actor=actor, now=now)
    return payment


def _tell_operators(invoice: Invoice, amount: Decimal, *, actor: str, now: datetime) -> None:
    """Money that nobody asked for has become credit: a person may know better."""
    data = {"amount": str(amount), "currency": invoice.currency_id, "status": invoice.status}
    event = record_event("payment.not_applied", now=now, actor=actor, invoice=invoice, data=data)
    notify_operators(event, now=now)
