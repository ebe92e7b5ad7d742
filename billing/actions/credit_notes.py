"""Corrections of invoices that have a number: these never change, a credit note takes back what was wrong of them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.commissions import void_commissions
from billing.actions.events import record_event
from billing.actions.ledger import post
from billing.actions.locking import lock_invoice
from billing.actions.notifications import notify_client
from billing.actions.numbering import take_credit_note_number
from billing.actions.payments.checking import amount_words, find_reason_fault, find_size_faults
from billing.actions.payments.settling import change_credit, mark_paid
from billing.models import (
    Account,
    CreditNote,
    CreditNoteLine,
    CreditNoteTo,
    Invoice,
    InvoiceLine,
    InvoiceStatus,
)
from billing.queries.clock import business_date
from billing.queries.corrections import LineLeft, amount_left, lines_left, spread
from billing.queries.taxes import taxes_as_rows
from catalog.taxes import ZERO


class InvoiceNotNumbered(Exception):
    """Only an invoice with a number is corrected by a credit note; others are cancelled or changed as drafts."""


class CreditNoteInvalid(Exception):
    """The credit note cannot be; `errors` maps fields (`reason`, `lines`, `lines.<id of a line>`) to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def issue_credit_note(
    *,
    invoice: Invoice,
    to: CreditNoteTo,
    reason: str,
    actor: str,
    now: datetime,
    amounts: Mapping[int, Decimal] | None = None,
) -> CreditNote:
    """Takes back `amounts` (line id → amount with tax; of a discount below zero), or all that is left.

    What is not paid yet is no longer asked for; what was paid goes `to` the client's credit, or waits to be refunded.
    Once all is taken back the invoice is REFUNDED and the periods of its lines are free.
    Raises CreditNoteInvalid, InvoiceNotNumbered.
    """
    if fault := find_reason_fault(reason):
        raise CreditNoteInvalid({"reason": [fault]})
    with transaction.atomic():
        locked = lock_invoice(invoice)
        check_correctable(locked)
        lines = lines_left(locked)
        if amounts is None:
            amounts = {line.line.pk: line.left for line in lines if line.left}
        else:
            _check_amounts(locked, lines, amounts)
        return write_credit_note(locked, lines, amounts, to=to, reason=reason, actor=actor, now=now)


def check_correctable(invoice: Invoice) -> None:
    """Raises InvoiceNotNumbered, CreditNoteInvalid where nothing is left to take back."""
    if not invoice.number:
        raise InvoiceNotNumbered(_("This invoice has no number yet: cancel it instead."))
    is_open = invoice.is_payable or invoice.status == InvoiceStatus.PAID
    if not is_open or amount_left(invoice) <= 0:
        raise CreditNoteInvalid({"": [_("Nothing is left to take back of this invoice.")]})


def _check_amounts(invoice: Invoice, lines: list[LineLeft], amounts: Mapping[int, Decimal]) -> None:
    known = {line.line.pk: line for line in lines}
    errors = {f"lines.{key}": [_("The invoice has no such line.")] for key in amounts if key not in known}
    for key, amount in amounts.items():
        if key in known and (fault := _find_fault(known[key], amount, invoice)):
            errors[f"lines.{key}"] = [fault]
    total = sum(amounts.values(), ZERO)
    if not errors and total <= 0:
        errors["lines"] = [_("Enter what is taken back: more than nothing in all.")]
    elif not errors and total > amount_left(invoice):
        words = _("At most %(amount)s of this invoice can be taken back. Take discounts back with what they are for.")
        errors["lines"] = [words % {"amount": amount_words(amount_left(invoice), invoice.currency_id)}]
    if errors:
        raise CreditNoteInvalid(errors)


def _find_fault(line: LineLeft, amount: Decimal, invoice: Invoice) -> str:
    faults = find_size_faults(amount, precision=invoice.currency.precision) if amount.is_finite() else [_("No amount.")]
    if faults:
        return faults[0]
    if min(line.left, ZERO) <= amount <= max(line.left, ZERO):
        return ""
    if line.left >= 0 > amount:
        return _("Enter an amount above zero.")
    return _("Only %(amount)s is left of this line.") % {"amount": amount_words(line.left, invoice.currency_id)}


def write_credit_note(
    invoice: Invoice,
    lines: list[LineLeft],
    amounts: Mapping[int, Decimal],
    *,
    to: CreditNoteTo,
    reason: str,
    actor: str,
    now: datetime,
) -> CreditNote:
    """The note with its postings and what it makes of the invoice, which is locked and was judged."""
    total = sum(amounts.values(), ZERO)
    to_balance = min(total, invoice.balance) if invoice.is_payable else ZERO
    rest = total - to_balance
    _take_back(invoice, to_balance=to_balance, rest=rest, actor=actor, now=now)
    rows = [_line_of(line, amounts[line.line.pk], invoice) for line in lines if amounts.get(line.line.pk)]
    note = CreditNote(
        invoice=invoice,
        client=invoice.client,
        currency=invoice.currency,
        issue_date=business_date(now),
        issued_at=now,
        issued_by=actor,
        reason=reason,
        total=total,
        to_balance=to_balance,
        to_credit=rest if to == CreditNoteTo.CREDIT else ZERO,
        to_refund=rest if to == CreditNoteTo.REFUND else ZERO,
    )
    _save(note, rows, now=now)
    data = {"number": note.number, "amount": str(total), "to": to.value.lower(), "reason": reason}
    event = record_event("credit_note.issued", now=now, actor=actor, invoice=invoice, data=data)
    notify_client(event, client=invoice.client, now=now)
    return note


def _save(note: CreditNote, rows: list[CreditNoteLine], *, now: datetime) -> None:
    """Gives the note its number and the sums of its lines, and posts it."""
    note.number = take_credit_note_number(now=now)
    note.subtotal = sum((row.amount for row in rows), ZERO)
    note.tax = sum((row.tax for row in rows), ZERO)
    note.save(force_insert=True)
    for row in rows:
        row.credit_note = note
    CreditNoteLine.objects.bulk_create(rows)
    _post(note, now=now)


def write_credit_note_over(
    invoice: Invoice, total: Decimal, *, to: CreditNoteTo, reason: str, actor: str, now: datetime
) -> CreditNote:
    """A note over an amount, spread over what is left of the lines; at most all that is left."""
    lines = lines_left(invoice)
    amounts = spread(total, lines, precision=invoice.currency.precision)
    return write_credit_note(invoice, lines, amounts, to=to, reason=reason, actor=actor, now=now)


def _line_of(line: LineLeft, amount: Decimal, invoice: Invoice) -> CreditNoteLine:
    charge = line.take(amount, precision=invoice.currency.precision)
    return CreditNoteLine(
        invoice_line=line.line,
        description=line.line.description,
        amount=charge.net,
        tax=charge.tax,
        taxes=taxes_as_rows(charge.taxes),
        tax_ground=line.line.tax_ground,
    )


def _take_back(invoice: Invoice, *, to_balance: Decimal, rest: Decimal, actor: str, now: datetime) -> None:
    """PAID or payable → REFUNDED once all is taken back; payable → PAID where nothing more is asked for."""
    invoice.amount_credited += to_balance
    invoice.amount_refunded += rest
    invoice.save(update_fields=["amount_credited", "amount_refunded"])
    if amount_left(invoice) == 0:
        invoice.status = InvoiceStatus.REFUNDED
        invoice.save(update_fields=["status"])
        InvoiceLine.objects.filter(invoice=invoice).update(is_voided=True)
        record_event("invoice.refunded", now=now, actor=actor, invoice=invoice)
        void_commissions(invoice=invoice, actor=actor, now=now)
    elif invoice.is_payable and invoice.balance == 0:
        mark_paid(invoice, actor=actor, now=now)


def _post(note: CreditNote, *, now: datetime) -> None:
    change_credit(note.invoice.client, note.to_credit)
    post(
        "credit_note.issued",
        client=note.client,
        currency_id=note.currency_id,
        amounts={
            Account.REVENUE: note.subtotal,
            Account.TAX: note.tax,
            Account.RECEIVABLE: -note.to_balance,
            Account.CREDIT: -note.to_credit,
            Account.REFUNDS: -note.to_refund,
        },
        now=now,
        invoice=note.invoice,
    )
