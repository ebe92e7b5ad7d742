"""Drafts: invoices that only operators see, and the only ones whose lines can change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.invoicing.charging import charge_values
from billing.actions.invoicing.paying_methods import find_method_fault
from billing.actions.locking import lock_client, lock_invoice
from billing.actions.payments.checking import find_size_faults
from billing.models import Client, Invoice, InvoiceLine, InvoiceStatus, LineKind, Service
from billing.queries.billing_settings import read_automation_settings
from billing.queries.clock import business_date
from billing.queries.taxes import place_of, read_tax_book
from catalog.models import TaxTreatment
from catalog.taxes import ZERO, TaxGround

LONGEST_DESCRIPTION: Final = 255
_TREATMENTS: Final = {TaxGround.ZERO_RATE: TaxTreatment.ZERO, TaxGround.EXEMPT_PRODUCT: TaxTreatment.EXEMPT}


class InvoiceNotDraft(Exception):
    """The invoice was issued: its lines and its terms never change."""


class DraftInvalid(Exception):
    """The draft cannot be so; `errors` maps fields (`due_date`, `amount`, `lines.0.amount`) to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class DraftLine:
    """What an operator charges for, `amount` at the terms of the price list: with tax where prices include it.

    `service`: what it is about; no period of it is paid for by such a line.
    """

    description: str
    amount: Decimal
    tax_treatment: str = TaxTreatment.STANDARD
    service: Service | None = None


def create_draft(
    *,
    client: Client,
    lines: Sequence[DraftLine],
    actor: str,
    now: datetime,
    due_date: date | None = None,
    payment_method: str = "bank_transfer",
    notes: str = "",
) -> Invoice:
    """A draft for a client. Without a due date it is due after as many days as renewals are invoiced ahead.

    Raises DraftInvalid, with every wrong field at once.
    """
    today = business_date(now)
    errors = _find_terms_faults({"due_date": due_date, "payment_method": payment_method}, today=today)
    for index, line in enumerate(lines):
        found = find_line_faults(line, client=client)
        errors |= {f"lines.{index}.{name}": messages for name, messages in found.items()}
    if errors:
        raise DraftInvalid(errors)
    with transaction.atomic():
        invoice = Invoice.objects.create(
            client=lock_client(client.pk),
            status=InvoiceStatus.DRAFT,
            currency=client.currency,
            payment_method=payment_method,
            issue_date=today,
            due_date=due_date or today + timedelta(days=read_automation_settings().invoice_days),
            subtotal=0,
            total=0,
            notes=notes,
        )
        InvoiceLine.objects.bulk_create([_write_line(invoice, line, on=today) for line in lines])
        recount(invoice)
        record_event("invoice.drafted", now=now, actor=actor, invoice=invoice)
    return invoice


def change_draft(*, invoice: Invoice, values: Mapping[str, Any], actor: str, now: datetime) -> Invoice:
    """Changes `due_date`, `payment_method` or `notes` of a draft. Raises InvoiceNotDraft, DraftInvalid."""
    errors = _find_terms_faults(values, today=business_date(now))
    if errors:
        raise DraftInvalid(errors)
    with transaction.atomic():
        locked = _lock_draft(invoice)
        names = [name for name in ("due_date", "payment_method", "notes") if name in values]
        for name in names:
            setattr(locked, name, values[name])
        locked.save(update_fields=names)
        record_event("invoice.draft_changed", now=now, actor=actor, invoice=locked, data={"fields": names})
    return locked


def add_draft_line(*, invoice: Invoice, line: DraftLine, actor: str, now: datetime) -> InvoiceLine:
    """Adds a line. Raises InvoiceNotDraft, DraftInvalid."""
    with transaction.atomic():
        locked = _lock_draft(invoice)
        _refuse(find_line_faults(line, client=locked.client))
        written = _write_line(locked, line, on=business_date(now))
        written.save()
        _record(locked, "invoice.line_added", written, actor=actor, now=now)
    return written


def change_draft_line(
    *, line: InvoiceLine, description: str, amount: Decimal, tax_treatment: str, actor: str, now: datetime
) -> InvoiceLine:
    """Words, amount and tax of a line; what it is about and its period stay. Raises InvoiceNotDraft, DraftInvalid."""
    with transaction.atomic():
        locked = _lock_draft(line.invoice)
        changed = locked.lines.get(pk=line.pk)
        wanted = DraftLine(description, amount, tax_treatment)
        _refuse(find_line_faults(wanted, client=locked.client, is_discount=changed.kind == LineKind.DISCOUNT))
        changed.description, changed.price = description.strip(), amount
        _set_charge(changed, locked, tax_treatment, on=business_date(now))
        changed.save()
        _record(locked, "invoice.line_changed", changed, actor=actor, now=now)
    return changed


def remove_draft_line(*, line: InvoiceLine, actor: str, now: datetime) -> None:
    """Takes a line out. Raises InvoiceNotDraft, DraftInvalid where only a discount would be left."""
    with transaction.atomic():
        locked = _lock_draft(line.invoice)
        locked.lines.filter(pk=line.pk).delete()
        _record(locked, "invoice.line_removed", line, actor=actor, now=now)


def tax_again(invoice: Invoice, *, on: date) -> None:
    """The lines that were typed in, by the rules of the day of issue and the client's place of now."""
    for line in invoice.lines.filter(price__isnull=False):
        _set_charge(line, invoice, treatment_of(line), on=on)
        line.save(update_fields=["amount", "tax", "taxes", "tax_ground"])
    recount(invoice)


def treatment_of(line: InvoiceLine) -> str:
    """How a line was asked to be taxed; what the client's place made of it does not matter."""
    return _TREATMENTS.get(TaxGround(line.tax_ground), TaxTreatment.STANDARD)


def recount(invoice: Invoice) -> None:
    """The sums of a draft follow from its lines. Raises DraftInvalid for less than nothing."""
    lines = list(invoice.lines.all())
    invoice.subtotal = sum((line.amount for line in lines), ZERO)
    invoice.tax = sum((line.tax for line in lines), ZERO)
    invoice.total = invoice.subtotal + invoice.tax
    if invoice.total < 0:
        raise DraftInvalid({"": [_("The discounts would be more than all the rest.")]})
    invoice.save(update_fields=["subtotal", "tax", "total"])


def find_line_faults(line: DraftLine, *, client: Client, is_discount: bool = False) -> dict[str, list[str]]:
    """Fields of a line with what is wrong of each; a discount is below zero, everything else above."""
    errors: dict[str, list[str]] = {}
    if not 1 <= len(line.description.strip()) <= LONGEST_DESCRIPTION:
        errors["description"] = [_("Say what for, in at most %(count)s characters.") % {"count": LONGEST_DESCRIPTION}]
    if not line.amount.is_finite() or line.amount == 0 or (line.amount < 0) != is_discount:
        errors["amount"] = [_("Enter an amount below zero.") if is_discount else _("Enter an amount above zero.")]
    elif faults := find_size_faults(line.amount, precision=client.currency.precision):
        errors["amount"] = faults
    if line.tax_treatment not in TaxTreatment.values:
        errors["tax_treatment"] = [_("There is no such treatment.")]
    if line.service is not None and line.service.client_id != client.pk:
        errors["service"] = [_("This service is another client's.")]
    return errors


def _lock_draft(invoice: Invoice) -> Invoice:
    locked = lock_invoice(invoice)
    if locked.status != InvoiceStatus.DRAFT:
        words = _("Invoice %(number)s was issued and never changes. Write it anew, or issue a credit note.")
        raise InvoiceNotDraft(words % {"number": locked.display_number})
    return locked


def _find_terms_faults(values: Mapping[str, Any], *, today: date) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    due_date = values.get("due_date")
    if due_date is not None and due_date < today:
        errors["due_date"] = [_("This day has passed.")]
    if "payment_method" in values and (fault := find_method_fault(values["payment_method"])):
        errors["payment_method"] = [fault]
    return errors


def _refuse(errors: Mapping[str, list[str]]) -> None:
    if errors:
        raise DraftInvalid(errors)


def _write_line(invoice: Invoice, line: DraftLine, *, on: date) -> InvoiceLine:
    written = InvoiceLine(
        invoice=invoice,
        service=line.service,
        kind=LineKind.MANUAL,
        description=line.description.strip(),
        price=line.amount,
    )
    _set_charge(written, invoice, line.tax_treatment, on=on)
    return written


def _set_charge(line: InvoiceLine, invoice: Invoice, treatment: str, *, on: date) -> None:
    """Charges `line.price` by the rules of the day: that on which its period starts, where it has one."""
    day = line.period_start or on
    taxation = read_tax_book(since=day).find(place_of(invoice.client), treatment, on=day)
    charge = charge_values(line.price or ZERO, taxation, precision=invoice.currency.precision)
    for name, value in charge.items():
        setattr(line, name, value)


def _record(invoice: Invoice, name: str, line: InvoiceLine, *, actor: str, now: datetime) -> None:
    recount(invoice)
    data = {"what": line.description, "amount": str(line.amount)}
    record_event(name, now=now, actor=actor, invoice=invoice, data=data)
