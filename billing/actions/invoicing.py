"""Step ②: an order's invoice, and taking an unpaid invoice back."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.actions.commissions import void_commissions
from billing.actions.events import record_event
from billing.actions.ledger import invoice_amounts, post
from billing.actions.notifications import notify_client
from billing.models import PAYABLE_STATUSES, Account, Invoice, InvoiceLine, InvoiceStatus, LineKind, Order, Service
from billing.queries.clock import business_date
from billing.queries.taxes import taxes_as_rows
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS, add_months
from catalog.taxes import Taxation, tax_charge, thaw_taxation


class InvoiceNotCancellable(Exception):
    """Money was received for it, or it is settled already."""


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
    )
    with override(order.client.language):
        lines = [line for service in _services_of(order) for line in _first_lines(invoice, service)]
    InvoiceLine.objects.bulk_create(lines)
    post(
        "invoice.issued",
        client=order.client,
        currency_id=order.currency_id,
        amounts=invoice_amounts(subtotal=invoice.subtotal, tax=invoice.tax),
        now=now,
        invoice=invoice,
    )
    event = record_event("invoice.issued", now=now, actor=actor, order=order, invoice=invoice)
    if is_client_told:
        notify_client(event, client=order.client, now=now)
    return invoice


def _services_of(order: Order) -> list[Service]:
    services = Service.objects.filter(order_line__order=order)
    return list(services.select_related("order_line__order", "product", "currency").order_by("id"))


def _first_lines(invoice: Invoice, service: Service) -> list[InvoiceLine]:
    line, taxation = service.order_line, thaw_taxation(service.order_line.taxation)
    precision = service.currency.precision
    found = [
        InvoiceLine(
            invoice=invoice,
            service=service,
            kind=LineKind.SERVICE,
            description=line.description,
            period_start=service.registered_on,
            period_end=first_period_end(service),
            **charge_values(line.price_of_first_period, taxation, precision=precision),
        )
    ]
    if line.setup_fee:
        words = _("%(product)s: setup fee") % {"product": line.description}
        found.append(
            InvoiceLine(
                invoice=invoice,
                service=service,
                kind=LineKind.SETUP,
                description=words[:255],
                period_start=service.registered_on,
                **charge_values(line.setup_fee, taxation, precision=precision),
            )
        )
    if line.first_discount:
        found.append(
            InvoiceLine(
                invoice=invoice,
                service=service,
                kind=LineKind.DISCOUNT,
                description=discount_words(service, code=service.order_line.order.promo_code),
                period_start=service.registered_on,
                **charge_values(-line.first_discount, taxation, precision=precision),
            )
        )
    return found


def discount_words(service: Service, *, code: str) -> str:
    """What stands on the invoice line of a promo code."""
    words = _("%(product)s: promo code %(code)s") % {"product": service.order_line.description, "code": code}
    return words[:255]


def charge_values(amount: Decimal, taxation: Taxation, *, precision: int) -> dict[str, Any]:
    """The columns of an invoice line that charges `amount`, at the price list's terms, and its taxes."""
    charge = tax_charge(amount, taxation, precision=precision)
    return {
        "amount": charge.net,
        "tax": charge.tax,
        "taxes": taxes_as_rows(charge.taxes),
        "tax_ground": taxation.ground,
    }


def first_period_end(service: Service) -> date | None:
    """The end (excluded) of the period that the first payment covers; None for what is paid once."""
    if service.order_line.first_period_end is not None:
        return service.order_line.first_period_end
    months = CYCLE_MONTHS.get(Cycle(service.cycle))
    return add_months(service.registered_on, months, anchor_day=service.anchor_day) if months else None


def cancel_invoice(*, invoice: Invoice, now: datetime, actor: str = "") -> None:
    """Takes an unpaid invoice back: its lines free their periods, the books are reversed.

    Raises InvoiceNotCancellable if it is settled or money was received for it.
    """
    with transaction.atomic():
        locked = Invoice.objects.select_for_update().select_related("client").get(pk=invoice.pk)
        if locked.status not in PAYABLE_STATUSES or locked.amount_paid > 0:
            raise InvoiceNotCancellable(_("Money was received for this invoice, or it is settled already."))
        _void(locked, status=InvoiceStatus.CANCELLED)
        amounts = invoice_amounts(subtotal=-locked.subtotal, tax=-locked.tax)
        post(
            "invoice.cancelled",
            client=locked.client,
            currency_id=locked.currency_id,
            amounts=amounts,
            now=now,
            invoice=locked,
        )
        record_event("invoice.cancelled", now=now, actor=actor, invoice=locked)


def refund_invoice_to_credit(*, invoice: Invoice, now: datetime, actor: str = "") -> Decimal:
    """Gives what was paid back as client credit: nothing is lost when a paid order is cancelled. Returns the amount.

    Call it inside a transaction, with the invoice's row locked by the caller or not at all.
    """
    locked = Invoice.objects.select_for_update().get(pk=invoice.pk)
    client = type(locked.client).objects.select_for_update().get(pk=locked.client_id)
    amount = locked.amount_paid
    owed = locked.total - amount
    client.credit_balance += amount
    client.save(update_fields=["credit_balance"])
    _void(locked, status=InvoiceStatus.REFUNDED)
    amounts = {
        Account.REVENUE: locked.subtotal,
        Account.TAX: locked.tax,
        Account.CREDIT: -amount,
        Account.RECEIVABLE: -owed,
    }
    post("invoice.refunded", client=client, currency_id=locked.currency_id, amounts=amounts, now=now, invoice=locked)
    record_event("invoice.refunded", now=now, actor=actor, invoice=locked, data={"to": "credit", "amount": str(amount)})
    void_commissions(invoice=locked, actor=actor, now=now)
    return amount


def _void(invoice: Invoice, *, status: InvoiceStatus) -> None:
    invoice.status = status
    invoice.save(update_fields=["status"])
    InvoiceLine.objects.filter(invoice=invoice).update(is_voided=True)
