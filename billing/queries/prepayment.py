"""What clients may pay in advance, and which invoices they may pay together."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from billing.models import (
    PAYABLE_STATUSES,
    BillingSettings,
    Client,
    Invoice,
    InvoiceKind,
    LineKind,
    OrderStatus,
)
from billing.queries.billing_settings import read_billing_settings
from catalog.models import Currency
from catalog.money import round_money


@dataclass(frozen=True, slots=True)
class AddFundsLimits:
    """In the client's currency: the least and the most at once, the most credit in all."""

    minimum: Decimal
    maximum: Decimal
    most_credit: Decimal

    def room(self, client: Client) -> Decimal:
        """The most that this client can add now."""
        return min(self.maximum, self.most_credit - client.credit_balance)


def add_funds_limits(client: Client, settings: BillingSettings | None = None) -> AddFundsLimits | None:
    """None where this client may not add funds: switched off, no active order, or a currency without a rate."""
    settings = settings or read_billing_settings()
    rate = rate_of(client.currency)
    if not settings.has_add_funds or rate is None:
        return None
    if settings.needs_order_to_add_funds and not client.orders.filter(status=OrderStatus.ACTIVE).exists():
        return None
    precision = client.currency.precision
    least, most, in_all = (
        round_money(amount * rate, precision=precision)
        for amount in (settings.add_funds_minimum, settings.add_funds_maximum, settings.most_credit)
    )
    return AddFundsLimits(least, most, in_all)


def rate_of(currency: Currency) -> Decimal | None:
    """How much of it one unit of the default currency is worth; None where nobody has said."""
    return Decimal(1) if currency.is_default else currency.rate


def payable_together(client: Client) -> QuerySet[Invoice]:
    """The client's open invoices that one payment can cover, the most urgent first."""
    found = client.invoices.filter(status__in=PAYABLE_STATUSES, kind=InvoiceKind.SALE, currency=client.currency_id)
    return found.select_related("currency").order_by("due_date", "pk")


def open_prepayments(client: Client, kind: InvoiceKind) -> QuerySet[Invoice]:
    """Open invoices of a kind that only asks for money."""
    return client.invoices.filter(status__in=PAYABLE_STATUSES, kind=kind)


def is_outdated(mass_payment: Invoice) -> bool:
    """Whether an invoice that it names needs less by now: a part of the payment would stay credit. One query."""
    lines = mass_payment.lines.filter(kind=LineKind.INVOICE).select_related("about")
    return any(line.about and (not line.about.is_payable or line.about.balance < line.amount) for line in lines)
