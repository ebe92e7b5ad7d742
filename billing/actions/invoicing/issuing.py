"""What every invoice keeps of the moment that it is issued, and what its issue posts."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from billing.actions.ledger import invoice_amounts, post
from billing.models import Client, Invoice
from billing.queries.seller import Snapshots
from catalog.models import Currency


def frozen_parties(client: Client, currency: Currency, snapshots: Snapshots) -> dict[str, Any]:
    """The columns that never change after issue: both parties, the language, the exchange rate of the day.

    `snapshots` serves any number of invoices of one moment.
    """
    return {
        "seller": snapshots.seller(currency.pk),
        "buyer": snapshots.buyer(client),
        "language": client.language,
        "exchange_rate": currency.rate or Decimal(1),
    }


def post_issue(invoice: Invoice, *, now: datetime) -> None:
    """The client owes a sale from now on."""
    _post(invoice, "invoice.issued", sign=1, now=now)


def post_cancellation(invoice: Invoice, *, now: datetime) -> None:
    """The client owes nothing any more; what was paid is off the invoice already."""
    _post(invoice, "invoice.cancelled", sign=-1, now=now)


def _post(invoice: Invoice, kind: str, *, sign: int, now: datetime) -> None:
    post(
        kind,
        client=invoice.client,
        currency_id=invoice.currency_id,
        amounts=invoice_amounts(subtotal=sign * invoice.subtotal, tax=sign * invoice.tax),
        now=now,
        invoice=invoice,
    )
