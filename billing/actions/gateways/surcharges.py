"""The fee for paying by a gateway: an invoice of its own, since an issued one never changes; paid at once."""

from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.actions.events import record_event
from billing.actions.invoicing.charging import charge_values
from billing.actions.invoicing.issuing import frozen_parties, post_issue
from billing.actions.payments.settling import use_credit
from billing.models import Invoice, InvoiceLine, LineKind, PaymentAttempt
from billing.queries.clock import business_date
from billing.queries.seller import Snapshots
from billing.queries.taxes import place_of, read_tax_book
from catalog.models import TaxTreatment
from catalog.taxes import Taxation, TaxGround


def charge_surcharge(attempt: PaymentAttempt, *, now: datetime) -> Invoice:
    """Issues the fee, tax included by the rules of today, and pays it with what the payment brought beyond its invoice.

    Call it in the transaction that recorded the payment; the attempt is as `lock_attempt` gives it.
    """
    client, today = attempt.client, business_date(now)
    client.refresh_from_db(fields=["credit_balance"])
    values = charge_values(attempt.surcharge, _taxation(attempt, now), precision=attempt.currency.precision)
    fee = Invoice.objects.create(
        client=client,
        currency=attempt.currency,
        payment_method=attempt.gateway,
        issue_date=today,
        due_date=today,
        subtotal=values["amount"],
        tax=values["tax"],
        total=values["amount"] + values["tax"],
        **frozen_parties(client, attempt.currency, Snapshots()),
    )
    with override(client.language):
        words = _("Fee for the payment of invoice %(number)s") % {"number": attempt.invoice.display_number}
    InvoiceLine.objects.create(
        invoice=fee, about=attempt.invoice, kind=LineKind.PAYMENT_FEE, description=words, **values
    )
    post_issue(fee, now=now)
    record_event("invoice.issued", now=now, invoice=fee, data={"for_paying": attempt.invoice_id})
    use_credit(fee, fee.total, actor=attempt.started_by, now=now)
    return fee


def _taxation(attempt: PaymentAttempt, now: datetime) -> Taxation:
    """What the client saw is what they pay: tax is part of it, where they owe any."""
    today = business_date(now)
    found = read_tax_book(since=today).find(place_of(attempt.client), TaxTreatment.STANDARD, on=today)
    is_taxed = found.ground == TaxGround.RULES
    return replace(found, rates=found.rates if is_taxed else (), is_included=True)
