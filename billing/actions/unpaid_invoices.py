"""What is asked for a service that has ended: taken back, while the rest of the same invoice is asked for again."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.actions.events import record_event
from billing.actions.invoicing import cancel_invoice, refund_invoice_to_credit
from billing.actions.ledger import invoice_amounts, post
from billing.actions.notifications import notify_client
from billing.models import PAYABLE_STATUSES, Invoice, InvoiceLine, Service

COPIED = (
    "service_id",
    "about_id",
    "kind",
    "description",
    "period_start",
    "period_end",
    "amount",
    "tax",
    "taxes",
    "tax_ground",
)


def drop_unpaid_lines(*, service: Service, now: datetime, actor: str = "") -> list[Invoice]:
    """Cancels the unpaid invoices that ask for this service; returns the new ones for what else stood on them.

    An issued invoice never changes: it is cancelled and its other lines are issued anew with the same due date. Money
    that was paid for a part becomes credit. Call it in a transaction.
    """
    invoices = Invoice.objects.select_for_update(of=("self",)).filter(
        status__in=PAYABLE_STATUSES, lines__service=service, lines__is_voided=False
    )
    renewed = []
    for invoice in invoices.select_related("client", "order").order_by("id").distinct():
        rest = list(invoice.lines.exclude(service=service).order_by("id"))
        if invoice.amount_paid:
            refund_invoice_to_credit(invoice=invoice, now=now, actor=actor)
        else:
            cancel_invoice(invoice=invoice, now=now, actor=actor)
        if rest:
            renewed.append(_issue_rest(invoice, rest, now=now, actor=actor))
    return renewed


def _issue_rest(old: Invoice, rest: list[InvoiceLine], *, now: datetime, actor: str) -> Invoice:
    subtotal, tax = sum((line.amount for line in rest), Decimal(0)), sum((line.tax for line in rest), Decimal(0))
    with transaction.atomic():
        invoice = Invoice.objects.create(
            client=old.client,
            currency_id=old.currency_id,
            payment_method=old.payment_method,
            issue_date=old.issue_date,
            due_date=old.due_date,
            subtotal=subtotal,
            tax=tax,
            total=subtotal + tax,
            seller=old.seller,
            buyer=old.buyer,
            language=old.language,
            exchange_rate=old.exchange_rate,
        )
        InvoiceLine.objects.bulk_create(
            InvoiceLine(invoice=invoice, **{name: getattr(line, name) for name in COPIED}) for line in rest
        )
        post(
            "invoice.issued",
            client=old.client,
            currency_id=old.currency_id,
            amounts=invoice_amounts(subtotal=subtotal, tax=tax),
            now=now,
            invoice=invoice,
        )
        event = record_event("invoice.issued", now=now, actor=actor, invoice=invoice, data={"instead_of": old.pk})
        notify_client(event, client=old.client, now=now)
    return invoice
