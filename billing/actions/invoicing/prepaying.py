"""Invoices that only ask for money: funds in advance, several invoices at once. They sell nothing and post nothing.

What is paid becomes credit; a mass payment then pays the invoices that its lines name (`payments.settling`).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.actions.events import record_event
from billing.actions.invoicing.cancelling import cancel_invoice
from billing.actions.invoicing.issuing import frozen_parties
from billing.actions.invoicing.paying_methods import find_method_fault
from billing.actions.locking import lock_client, lock_invoices
from billing.actions.payments.checking import amount_words, find_amount_faults
from billing.models import Client, Invoice, InvoiceKind, InvoiceLine, LineKind
from billing.queries.clock import business_date
from billing.queries.prepayment import add_funds_limits, open_prepayments, payable_together
from billing.queries.seller import Snapshots


class AddFundsInvalid(Exception):
    """Funds cannot be added so; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


class MassPaymentInvalid(Exception):
    """These invoices cannot be paid together; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def add_funds(*, client: Client, amount: Decimal, payment_method: str, actor: str, now: datetime) -> Invoice:
    """An invoice over money in advance, untaxed; an older one that is still open is cancelled.

    The limits are those of the billing settings in the client's currency. Raises AddFundsInvalid.
    """
    with transaction.atomic():
        locked = lock_client(client.pk)
        errors = {}
        if fault := _find_amount_fault(locked, amount):
            errors["amount"] = [fault]
        if fault := find_method_fault(payment_method):
            errors["payment_method"] = [fault]
        if errors:
            raise AddFundsInvalid(errors)
        with override(locked.language):
            line = InvoiceLine(kind=LineKind.ADD_FUNDS, description=_("Funds in advance"), amount=amount)
        return _ask(locked, InvoiceKind.ADD_FUNDS, [line], payment_method, actor=actor, now=now)


def _find_amount_fault(client: Client, amount: Decimal) -> str:
    limits = add_funds_limits(client)
    if limits is None:
        return _("Adding funds is not possible at the moment.")
    if faults := find_amount_faults(amount, precision=client.currency.precision):
        return faults[0]
    if amount < limits.minimum:
        return _("Add at least %(amount)s.") % {"amount": amount_words(limits.minimum, client.currency_id)}
    if amount > limits.maximum:
        return _("Add at most %(amount)s at once.") % {"amount": amount_words(limits.maximum, client.currency_id)}
    if client.credit_balance + amount > limits.most_credit:
        words = _("Your credit would be %(total)s; it can be at most %(most)s.")
        total = amount_words(client.credit_balance + amount, client.currency_id)
        return words % {"total": total, "most": amount_words(limits.most_credit, client.currency_id)}
    return ""


def start_mass_payment(
    *, client: Client, invoices: Collection[Invoice], payment_method: str, actor: str, now: datetime
) -> Invoice:
    """One invoice over the balances of several; an older one that is still open is cancelled.

    Raises MassPaymentInvalid for fewer than two, and for any that this client cannot pay so.
    """
    with transaction.atomic():
        locked = lock_client(client.pk)
        chosen = {invoice.pk for invoice in invoices}
        found = [one for one in lock_invoices(locked, chosen) if payable_together(locked).filter(pk=one.pk).exists()]
        errors = {}
        if len(found) < len(chosen):
            errors["invoices"] = [_("One of these invoices awaits no payment any more. Choose again.")]
        elif len(found) < 2:
            errors["invoices"] = [_("Choose at least two invoices; a single one is paid on its own page.")]
        if fault := find_method_fault(payment_method):
            errors["payment_method"] = [fault]
        if errors:
            raise MassPaymentInvalid(errors)
        with override(locked.language):
            lines = [
                InvoiceLine(
                    kind=LineKind.INVOICE,
                    about=one,
                    description=_("Invoice %(number)s") % {"number": one.display_number},
                    amount=one.balance,
                )
                for one in found
            ]
        return _ask(locked, InvoiceKind.MASS_PAY, lines, payment_method, actor=actor, now=now)


def _ask(
    client: Client,
    kind: InvoiceKind,
    lines: Sequence[InvoiceLine],
    payment_method: str,
    *,
    actor: str,
    now: datetime,
) -> Invoice:
    """Issues it today, due today; the client stands before it, so no letter goes out."""
    for older in open_prepayments(client, kind):
        cancel_invoice(invoice=older, actor=actor, now=now)
    today = business_date(now)
    total = sum((line.amount for line in lines), Decimal(0))
    invoice = Invoice.objects.create(
        client=client,
        kind=kind,
        currency=client.currency,
        payment_method=payment_method,
        issue_date=today,
        due_date=today,
        subtotal=total,
        total=total,
        **frozen_parties(client, client.currency, Snapshots()),
    )
    for line in lines:
        line.invoice = invoice
    InvoiceLine.objects.bulk_create(lines)
    record_event("invoice.issued", now=now, actor=actor, invoice=invoice)
    return invoice
