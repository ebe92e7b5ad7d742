"""Step ③: money for an invoice, once per gateway reference; paying it up numbers it and moves its services on."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.commissions import earn_commissions
from billing.actions.events import record_event
from billing.actions.ledger import post
from billing.actions.notifications import notify_client
from billing.actions.queueing import queue_create, queue_renewal_if_due
from billing.models import (
    Account,
    Client,
    Invoice,
    InvoiceCounter,
    InvoiceStatus,
    LineKind,
    Payment,
    Service,
    ServiceStatus,
)
from billing.queries.clock import business_date
from catalog.models import AutoSetup

CREDIT = "credit"
GATEWAYS = ("manual", "bank_transfer")


class InvoiceNotPayable(Exception):
    """The invoice awaits no money: paid, cancelled or refunded."""


class PaymentInvalid(Exception):
    """The payment is malformed; `errors` maps fields to messages."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = errors


class PaymentConflict(Exception):
    """This gateway reference stands for another payment already."""


class NotEnoughCredit(Exception):
    """The client's credit does not cover this."""


def record_payment(
    *, invoice: Invoice, gateway: str, reference: str, amount: Decimal, actor: str, now: datetime
) -> Payment:
    """Records money that arrived. The same news again gives the same Payment and changes nothing.

    What exceeds the balance becomes client credit. Raises PaymentInvalid, PaymentConflict, InvoiceNotPayable.
    """
    _check_payment(invoice, gateway, reference, amount)
    with transaction.atomic():
        invoices = Invoice.objects.select_for_update(of=("self",)).select_related("client", "currency")
        locked = invoices.get(pk=invoice.pk)
        known = Payment.objects.filter(gateway=gateway, reference=reference).first()
        if known is not None:
            if known.invoice_id != locked.pk or known.amount != amount:
                raise PaymentConflict(_("This reference was used for another payment."))
            return known
        if not locked.is_payable:
            raise InvoiceNotPayable(_not_payable_words(locked))
        applied = min(amount, locked.balance)
        payment = _write_payment(locked, gateway, reference, amount, actor=actor, now=now)
        post(
            "payment.received",
            client=locked.client,
            currency_id=locked.currency_id,
            amounts={
                Account.CLEARING: amount,
                Account.RECEIVABLE: -applied,
                Account.CREDIT: applied - amount,
            },
            now=now,
            invoice=locked,
            payment=payment,
        )
        if amount > applied:
            _add_to_balance(locked.client, amount - applied)
        _apply(locked, applied, actor=actor, now=now)
        return payment


def pay_with_credit(*, invoice: Invoice, actor: str, now: datetime) -> Payment:
    """Pays the whole balance from the client's credit. Raises NotEnoughCredit, InvoiceNotPayable."""
    with transaction.atomic():
        locked = Invoice.objects.select_for_update(of=("self",)).select_related("currency").get(pk=invoice.pk)
        client = Client.objects.select_for_update().get(pk=locked.client_id)
        if not locked.is_payable:
            raise InvoiceNotPayable(_not_payable_words(locked))
        amount = locked.balance
        if client.credit_balance < amount:
            raise NotEnoughCredit(_("The credit does not cover this invoice."))
        locked.client = client
        reference = f"{locked.pk}-{locked.payments.count() + 1}"
        payment = _write_payment(locked, CREDIT, reference, amount, actor=actor, now=now)
        _add_to_balance(client, -amount)
        post(
            "credit.applied",
            client=client,
            currency_id=locked.currency_id,
            amounts={Account.CREDIT: amount, Account.RECEIVABLE: -amount},
            now=now,
            invoice=locked,
            payment=payment,
        )
        _apply(locked, amount, actor=actor, now=now)
        return payment


def add_credit(*, client: Client, amount: Decimal, reason: str, actor: str, now: datetime) -> Decimal:
    """Money received in advance; returns the new balance. Raises PaymentInvalid for an amount that cannot be."""
    faults = _find_amount_faults(amount, precision=client.currency.precision)
    if faults:
        raise PaymentInvalid({"amount": faults})
    with transaction.atomic():
        locked = Client.objects.select_for_update().get(pk=client.pk)
        _add_to_balance(locked, amount)
        post(
            "credit.added",
            client=locked,
            currency_id=locked.currency_id,
            amounts={Account.CLEARING: amount, Account.CREDIT: -amount},
            now=now,
        )
        record_event(
            "credit.added", now=now, actor=actor, client=locked, data={"amount": str(amount), "reason": reason}
        )
    client.credit_balance = locked.credit_balance
    return locked.credit_balance


def _check_payment(invoice: Invoice, gateway: str, reference: str, amount: Decimal) -> None:
    errors: dict[str, list[str]] = {}
    if gateway not in GATEWAYS:
        errors["gateway"] = [_("Unknown gateway.")]
    if not reference.strip() or len(reference) > 200 or "\x00" in reference:
        errors["reference"] = [_("Enter the reference of the payment, at most 200 characters.")]
    amount_faults = _find_amount_faults(amount, precision=invoice.currency.precision)
    if amount_faults:
        errors["amount"] = amount_faults
    if errors:
        raise PaymentInvalid(errors)


def _find_amount_faults(amount: Decimal, *, precision: int) -> list[str]:
    if not amount.is_finite() or amount <= 0:
        return [_("Enter an amount above zero.")]
    if amount != amount.quantize(Decimal(1).scaleb(-precision)):
        return [_("This currency has at most %(count)s decimals.") % {"count": precision}]
    return []


def _not_payable_words(invoice: Invoice) -> str:
    if invoice.status == InvoiceStatus.PAID:
        return _("Invoice %(number)s is paid already.") % {"number": invoice.display_number}
    status = invoice.get_status_display()
    return _("Invoice %(number)s cannot be paid: %(status)s.") % {"number": invoice.display_number, "status": status}


def settle_empty_invoice(*, invoice: Invoice, now: datetime, actor: str = "") -> None:
    """An invoice of nothing, because a discount took all of it, is paid at once. Raises InvoiceNotPayable."""
    with transaction.atomic():
        # PostgreSQL locks no order that may not be there.
        invoices = Invoice.objects.select_for_update(of=("self",)).select_related("client", "order")
        locked = invoices.get(pk=invoice.pk)
        if not locked.is_payable or locked.total != 0:
            raise InvoiceNotPayable(_not_payable_words(locked))
        _mark_paid(locked, actor=actor, now=now)


def _write_payment(
    invoice: Invoice, gateway: str, reference: str, amount: Decimal, *, actor: str, now: datetime
) -> Payment:
    payment = Payment.objects.create(
        invoice=invoice,
        client=invoice.client,
        gateway=gateway,
        reference=reference,
        amount=amount,
        currency=invoice.currency,
        received_at=now,
        recorded_by=actor,
    )
    data = {"gateway": gateway, "reference": reference, "amount": str(amount)}
    record_event("payment.received", now=now, actor=actor, invoice=invoice, data=data)
    return payment


def _add_to_balance(client: Client, amount: Decimal) -> None:
    locked = Client.objects.select_for_update().get(pk=client.pk)
    client.credit_balance = locked.credit_balance + amount
    Client.objects.filter(pk=client.pk).update(credit_balance=client.credit_balance)


def _apply(invoice: Invoice, amount: Decimal, *, actor: str, now: datetime) -> None:
    invoice.amount_paid += amount
    invoice.save(update_fields=["amount_paid"])
    if invoice.balance == 0:
        _mark_paid(invoice, actor=actor, now=now)


def _mark_paid(invoice: Invoice, *, actor: str, now: datetime) -> None:
    """UNPAID → PAID, as WHMCS does: number, letter, each line's action, then commissions (whmcs-behaviour §4.9)."""
    invoice.status, invoice.paid_at = InvoiceStatus.PAID, now
    invoice.number = _next_number(now=now)
    invoice.save(update_fields=["status", "paid_at", "number"])
    event = record_event(
        "invoice.paid", now=now, actor=actor, invoice=invoice, order=invoice.order, data={"number": invoice.number}
    )
    notify_client(event, client=invoice.client, now=now)
    for line in invoice.lines.filter(kind=LineKind.SERVICE, service__isnull=False).order_by("service_id"):
        service = Service.objects.select_for_update().get(invoice_lines=line)
        if line.period_end is not None and (service.paid_until is None or service.paid_until < line.period_end):
            # The date moves to the end of the period paid for, never by "one more month": paying twice cannot move it.
            service.paid_until = service.next_due_date = line.period_end
            service.save(update_fields=["paid_until", "next_due_date"])
        _provision(service, now=now, actor=actor)
    earn_commissions(invoice=invoice, actor=actor, now=now)


def _provision(service: Service, *, now: datetime, actor: str) -> None:
    if service.status == ServiceStatus.PENDING:
        if service.product.auto_setup == AutoSetup.PAYMENT and not service.remote_id:
            queue_create(service=service, now=now, actor=actor)
    else:
        queue_renewal_if_due(service=service, now=now, actor=actor)


def _next_number(*, now: datetime) -> str:
    """The next gapless number of the year; the counter's row stays locked until the payment commits."""
    year = business_date(now).year
    counter, _is_new = InvoiceCounter.objects.get_or_create(series=str(year))
    counter = InvoiceCounter.objects.select_for_update().get(pk=counter.pk)
    number = counter.next_number
    counter.next_number += 1
    counter.save(update_fields=["next_number"])
    return str(settings.INVOICE_NUMBER_FORMAT).format(year=year, number=number)
