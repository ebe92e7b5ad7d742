"""What is asked for a service that has ended: taken back, while the rest of the same invoice is asked for again."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef

from billing.actions.events import record_event
from billing.actions.invoicing import cancel_invoice, post_issue
from billing.actions.locking import lock_client, lock_invoices
from billing.actions.notifications import notify_client
from billing.models import PAYABLE_STATUSES, Invoice, InvoiceKind, InvoiceLine, Service

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
KEPT = ("payment_method", "issue_date", "due_date", "seller", "buyer", "language", "exchange_rate", "notes")


def drop_unpaid_lines(*, service: Service, now: datetime, actor: str = "") -> list[Invoice]:
    """Cancels the unpaid invoices that ask for this service; returns the new ones for what else stood on them.

    An issued invoice never changes: it is cancelled and its other lines are issued anew with the same due date. Money
    that was paid for a part becomes credit. Call it in a transaction.
    """
    client = lock_client(service.client_id)
    asking = InvoiceLine.objects.filter(invoice=OuterRef("pk"), service=service, is_voided=False)
    unpaid = Invoice.objects.filter(client=client, kind=InvoiceKind.SALE, status__in=PAYABLE_STATUSES, number=None)
    renewed = []
    for invoice in lock_invoices(client, unpaid.filter(Exists(asking)).values_list("pk", flat=True)):
        rest = list(invoice.lines.exclude(service=service).order_by("id"))
        cancel_invoice(invoice=invoice, now=now, actor=actor, is_money_released=True)
        if rest:
            renewed.append(_issue_rest(invoice, rest, now=now, actor=actor))
    return renewed


def _issue_rest(old: Invoice, rest: list[InvoiceLine], *, now: datetime, actor: str) -> Invoice:
    """The order goes with the rest: whether that is paid decides about what was ordered."""
    subtotal, tax = sum((line.amount for line in rest), Decimal(0)), sum((line.tax for line in rest), Decimal(0))
    order_id = old.order_id
    Invoice.objects.filter(pk=old.pk).update(order=None)
    invoice = Invoice.objects.create(
        client=old.client,
        order_id=order_id,
        currency_id=old.currency_id,
        subtotal=subtotal,
        tax=tax,
        total=subtotal + tax,
        **{name: getattr(old, name) for name in KEPT},
    )
    InvoiceLine.objects.bulk_create(
        InvoiceLine(invoice=invoice, **{name: getattr(line, name) for name in COPIED}) for line in rest
    )
    post_issue(invoice, now=now)
    event = record_event("invoice.issued", now=now, actor=actor, invoice=invoice, data={"instead_of": old.pk})
    notify_client(event, client=old.client, now=now)
    return invoice
