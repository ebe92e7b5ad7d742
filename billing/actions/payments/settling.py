"""Step ③, inside: money reaches an invoice; paying it up numbers it and moves its services on.

Every function wants the invoice and its client as `lock_invoice` gives them.
"""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from billing.actions.commissions import earn_commissions
from billing.actions.events import record_event
from billing.actions.ledger import post
from billing.actions.locking import lock_invoice, lock_invoices, lock_services, lockable_services
from billing.actions.notifications import notify_client
from billing.actions.numbering import take_invoice_number
from billing.actions.payments.checking import (
    InvoiceNotPayable,
    not_payable_words,
)
from billing.actions.queueing import queue_create, queue_renewal_if_due
from billing.actions.suspending import resume_paid
from billing.gateways import CREDIT
from billing.models import (
    Account,
    Client,
    Invoice,
    InvoiceKind,
    InvoiceStatus,
    LineKind,
    Payment,
    ReferredService,
    Service,
    ServiceStatus,
)
from billing.queries.compiled import CompiledQuery
from catalog.models import AutoSetup


def settle_empty_invoice(*, invoice: Invoice, now: datetime, actor: str = "") -> None:
    """An invoice of nothing, because a discount took all of it, is paid at once. Raises InvoiceNotPayable."""
    with transaction.atomic():
        locked = lock_invoice(invoice)
        if not locked.is_payable or locked.total != 0:
            raise InvoiceNotPayable(not_payable_words(locked))
        mark_paid(locked, actor=actor, now=now)


def write_payment(
    invoice: Invoice,
    *,
    gateway: str,
    reference: str,
    amount: Decimal,
    applied: Decimal,
    actor: str,
    now: datetime,
    fee: Decimal = Decimal(0),
) -> Payment:
    """The row of money received and its event."""
    payment = Payment.objects.create(
        invoice=invoice,
        client=invoice.client,
        gateway=gateway,
        reference=reference,
        amount=amount,
        fee=fee,
        applied_amount=applied,
        currency=invoice.currency,
        received_at=now,
        recorded_by=actor,
    )
    data = {"gateway": gateway, "reference": reference, "amount": str(amount)}
    if fee:
        data["fee"] = str(fee)
    record_event("payment.received", now=now, actor=actor, invoice=invoice, data=data)
    return payment


def change_credit(client: Client, amount: Decimal) -> None:
    """Moves the balance of a locked client; the database refuses one below zero."""
    if amount:
        client.credit_balance += amount
        Client.objects.filter(pk=client.pk).update(credit_balance=client.credit_balance)


def use_credit(invoice: Invoice, amount: Decimal, *, actor: str, now: datetime) -> Payment:
    """Pays with credit that the client must have, at most the balance of the invoice."""
    reference = f"{invoice.pk}-{invoice.payments.count() + 1}"
    payment = write_payment(
        invoice, gateway=CREDIT, reference=reference, amount=amount, applied=amount, actor=actor, now=now
    )
    change_credit(invoice.client, -amount)
    post(
        "credit.applied",
        client=invoice.client,
        currency_id=invoice.currency_id,
        amounts={Account.CREDIT: amount, Account.RECEIVABLE: -amount},
        now=now,
        invoice=invoice,
        payment=payment,
    )
    apply_money(invoice, amount, actor=actor, now=now)
    return payment


def apply_money(invoice: Invoice, amount: Decimal, *, actor: str, now: datetime) -> None:
    """Counts money that was posted; the last of it pays the invoice up."""
    invoice.amount_paid += amount
    if invoice.balance == 0:
        mark_paid(invoice, actor=actor, now=now)
    else:
        invoice.save(update_fields=["amount_paid"])


def release_money(payment: Payment, invoice: Invoice, amount: Decimal, *, now: datetime) -> None:
    """Takes money off an invoice that is not paid up: it becomes credit, the client owes it again."""
    payment.applied_amount -= amount
    payment.save(update_fields=["applied_amount"])
    invoice.amount_paid -= amount
    invoice.save(update_fields=["amount_paid"])
    if invoice.kind != InvoiceKind.SALE:
        return  # it was credit from the start
    change_credit(invoice.client, amount)
    post(
        "payment.released",
        client=invoice.client,
        currency_id=invoice.currency_id,
        amounts={Account.RECEIVABLE: amount, Account.CREDIT: -amount},
        now=now,
        invoice=invoice,
        payment=payment,
    )


def mark_paid(invoice: Invoice, *, actor: str, now: datetime) -> None:
    """Payable → PAID: letter, each line's action, number (whmcs-behaviour §4.9).

    An invoice that was paid before and whose payment was taken back keeps its number.
    """
    # All that can be done before the counter is: everybody who pays waits for it until this commits.
    services = _lock_paid_services(invoice)
    event = record_event("invoice.paid", now=now, actor=actor, invoice=invoice, order_id=invoice.order_id)
    notify_client(event, client=invoice.client, now=now)
    for service, paid_until in services:
        _move_on(service, paid_until, actor=actor, now=now)
    if any(service.is_referred for service, _paid_until in services):  # type: ignore[attr-defined]
        earn_commissions(invoice=invoice, actor=actor, now=now)
    if invoice.kind == InvoiceKind.SALE and invoice.number is None:
        invoice.number = take_invoice_number(now=now)
    invoice.status, invoice.paid_at = InvoiceStatus.PAID, now
    invoice.save(update_fields=["status", "paid_at", "number", "amount_paid"])
    # Judged by what is still unpaid.
    for service, _paid_until in services:
        resume_paid(service=service, actor=actor, now=now)
    if invoice.kind == InvoiceKind.MASS_PAY:
        _pay_named(invoice, actor=actor, now=now)


def _lock_paid_services(invoice: Invoice) -> list[tuple[Service, date | None]]:
    """The services that the lines are for, each with the end of the period that a line pays for.

    What is needed of their products and of affiliates comes with them: everybody who pays asks for it.
    """
    locked = _PAID_SERVICES(invoice.pk)
    found = [(service, service.paid_period_end) for service in locked]  # type: ignore[attr-defined]
    return sorted(found, key=lambda pair: (pair[0].pk, pair[1] or date.min))


def _paid_services(invoice_id: int) -> QuerySet[Service]:
    paid = Service.objects.filter(invoice_lines__invoice=invoice_id, invoice_lines__kind=LineKind.SERVICE)
    return lockable_services(
        paid.annotate(
            paid_period_end=F("invoice_lines__period_end"),
            auto_setup=F("product__auto_setup"),
            is_referred=Exists(ReferredService.objects.filter(service=OuterRef("pk"))),
        )
    )


_PAID_SERVICES = CompiledQuery(_paid_services)


def _move_on(service: Service, paid_until: date | None, *, actor: str, now: datetime) -> None:
    if paid_until is not None and (service.paid_until is None or service.paid_until < paid_until):
        # The date moves to the end of the period paid for, never by "one more month": paying twice cannot move it.
        service.paid_until = service.next_due_date = paid_until
        service.save(update_fields=["paid_until", "next_due_date"])
    if service.status == ServiceStatus.PENDING:
        if service.auto_setup == AutoSetup.PAYMENT and not service.remote_id:  # type: ignore[attr-defined]
            queue_create(service=service, now=now, actor=actor)
    else:
        queue_renewal_if_due(service=service, now=now, actor=actor)


def _pay_named(mass_payment: Invoice, *, actor: str, now: datetime) -> None:
    """Pays what the lines name, as it is now, with the credit that this payment brought; what is too much stays credit.

    An invoice that was paid, cancelled or corrected meanwhile takes only what it still needs.
    """
    wanted = dict(mass_payment.lines.filter(kind=LineKind.INVOICE).values_list("about_id", "amount"))
    lock_services(Service.objects.filter(invoice_lines__invoice__in=list(wanted)))
    left = mass_payment.amount_paid
    for invoice in lock_invoices(mass_payment.client, wanted):
        amount = min(wanted[invoice.pk], invoice.balance, left, mass_payment.client.credit_balance)
        if invoice.is_payable and amount > 0:
            use_credit(invoice, amount, actor=actor, now=now)
            left -= amount
