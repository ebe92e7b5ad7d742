"""Late fees (whmcs-behaviour §4.10): an issued invoice never changes, so the fee is an invoice of its own, once."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.actions.events import record_event
from billing.actions.invoicing import frozen_parties, post_issue
from billing.actions.locking import lock_invoice
from billing.actions.notifications import notify_client
from billing.models import AutomationSettings, Invoice, InvoiceLine, LateFeeType, LineKind
from billing.queries.clock import business_date
from billing.queries.seller import Snapshots
from catalog.money import round_money


def late_fee_of(invoice: Invoice, settings: AutomationSettings) -> Decimal:
    """Percent of the invoice's total or a fixed amount, at least the minimum; rounded to its currency.

    Amounts of the settings are in the default currency: the rate of the day of issue converts them.
    """
    amount = settings.late_fee_amount
    is_percent = settings.late_fee_type == LateFeeType.PERCENT
    fee = invoice.total * amount / 100 if is_percent else amount * invoice.exchange_rate
    least = settings.late_fee_minimum * invoice.exchange_rate
    return round_money(max(fee, least), precision=invoice.currency.precision)


def charge_late_fee(*, invoice: Invoice, fee: Decimal, now: datetime, actor: str = "") -> Invoice:
    """Issues the invoice of the fee, due in as many days as a week has; untaxed, as a penalty is.

    Call it in a transaction. The constraint of one standing LATE_FEE line an invoice makes a second call fail.
    """
    late = lock_invoice(invoice)
    today = business_date(now)
    charged = Invoice.objects.create(
        client=late.client,
        currency=late.currency,
        payment_method=late.payment_method,
        issue_date=today,
        due_date=today + timedelta(days=7),
        subtotal=fee,
        total=fee,
        **frozen_parties(late.client, late.currency, Snapshots()),
    )
    with override(late.client.language):
        words = _("Late fee for invoice %(number)s") % {"number": late.display_number}
    InvoiceLine.objects.create(invoice=charged, about=late, kind=LineKind.LATE_FEE, description=words, amount=fee)
    post_issue(charged, now=now)
    data = {"late": late.pk, "amount": str(fee)}
    event = record_event("invoice.issued", now=now, actor=actor, invoice=charged, data=data)
    notify_client(event, client=late.client, now=now)
    return charged
