"""Step ②: the invoice of an order."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.actions.events import record_event
from billing.actions.invoicing.charging import charge_values, discount_words, first_period_end
from billing.actions.invoicing.issuing import frozen_parties, post_issue
from billing.actions.notifications import notify_client
from billing.models import Invoice, InvoiceLine, LineKind, Order, Service
from billing.queries.clock import business_date
from billing.queries.seller import Snapshots
from billing.queries.service_words import charged_words, once_words
from catalog.taxes import thaw_taxation


def issue_order_invoice(*, order: Order, now: datetime, actor: str = "", is_client_told: bool = True) -> Invoice | None:
    """The invoice of an order: each service's first period and setup fee, a line each; None if nothing is due.

    `is_client_told`: the letter with the invoice goes out. Call it in the transaction that places the order. Amounts
    were frozen there; it is due at once.
    """
    if order.total == 0 and not order.lines.filter(first_discount__gt=0).exists():
        return None
    today = business_date(now)
    invoice = Invoice.objects.create(
        client=order.client,
        order=order,
        currency_id=order.currency_id,
        payment_method=order.payment_method,
        issue_date=today,
        due_date=today,
        subtotal=order.total - order.tax,
        tax=order.tax,
        total=order.total,
        **frozen_parties(order.client, order.client.currency, Snapshots()),
    )
    with override(order.client.language):
        lines = [line for service in _services_of(order) for line in _first_lines(invoice, service)]
    InvoiceLine.objects.bulk_create(lines)
    post_issue(invoice, now=now)
    event = record_event("invoice.issued", now=now, actor=actor, order=order, invoice=invoice)
    if is_client_told:
        notify_client(event, client=order.client, now=now)
    return invoice


def _services_of(order: Order) -> list[Service]:
    services = Service.objects.filter(order_line__order=order)
    return list(services.select_related("order_line__order", "product", "currency").order_by("id"))


def _first_lines(invoice: Invoice, service: Service) -> list[InvoiceLine]:
    line, taxation = service.order_line, thaw_taxation(service.order_line.taxation)
    charged = charged_words(service)
    parts = [(LineKind.SERVICE, charged, line.price_of_first_period)]
    if line.setup_fee:
        words = _("%(product)s: setup fee") % {"product": once_words(service)}
        parts.append((LineKind.SETUP, words[:255], line.setup_fee))
    if line.first_discount:
        words = discount_words(charged, code=line.order.promo_code)
        parts.append((LineKind.DISCOUNT, words, -line.first_discount))
    return [
        InvoiceLine(
            invoice=invoice,
            service=service,
            kind=kind,
            description=words,
            period_start=service.registered_on,
            # Only the service itself covers a period.
            period_end=first_period_end(service) if kind == LineKind.SERVICE else None,
            **charge_values(amount, taxation, precision=service.currency.precision),
        )
        for kind, words, amount in parts
    ]
