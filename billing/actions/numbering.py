"""Numbers of documents: gapless in each series, from a counter whose row is locked until the document commits."""

import re
from datetime import date, datetime
from typing import Final

from django.db.models import BigIntegerField, Max, QuerySet
from django.db.models.functions import Cast, Length, Substr

from billing.models import BillingSettings, CreditNote, Invoice, InvoiceCounter, NumberReset
from billing.queries.billing_settings import read_billing_settings
from billing.queries.clock import business_date

NUMBER: Final = "{NUMBER}"
INVOICES: Final = "INVOICE"
CREDIT_NOTES: Final = "CREDIT_NOTE"


def take_invoice_number(*, now: datetime) -> str:
    """The next number of an invoice. Take it last: its counter stays locked until the payment commits."""
    settings = read_billing_settings()
    return _take(INVOICES, settings.number_format, Invoice.objects.all(), settings, today=business_date(now))


def take_credit_note_number(*, now: datetime) -> str:
    """The next number of a credit note, from counters of its own."""
    settings = read_billing_settings()
    notes = CreditNote.objects.all()
    return _take(CREDIT_NOTES, settings.credit_note_format, notes, settings, today=business_date(now))


def _take[D: (Invoice, CreditNote)](
    kind: str, number_format: str, documents: QuerySet[D], settings: BillingSettings, *, today: date
) -> str:
    pattern = fill_dates(number_format, on=today)
    counter = _lock_counter(_series(kind, settings.number_reset, today))
    if counter.pattern != pattern:
        counter.pattern = pattern
        counter.next_number = max(counter.next_number, _last_used(documents, pattern) + 1)
    number = counter.next_number
    counter.next_number += 1
    counter.save(update_fields=["next_number", "pattern"])
    return pattern.replace(NUMBER, str(number).zfill(settings.number_digits))


def fill_dates(number_format: str, *, on: date) -> str:
    """A format with everything but the number filled in."""
    values = {"{YEAR}": f"{on:%Y}", "{MONTH}": f"{on:%m}", "{DAY}": f"{on:%d}"}
    for tag, value in values.items():
        number_format = number_format.replace(tag, value)
    return number_format


def _series(kind: str, reset: str, today: date) -> str:
    if reset == NumberReset.MONTHLY:
        return f"{kind}-{today:%Y-%m}"
    return f"{kind}-{today:%Y}" if reset == NumberReset.YEARLY else kind


def _lock_counter(series: str) -> InvoiceCounter:
    counters = InvoiceCounter.objects.select_for_update(no_key=True).filter(pk=series)
    counter = counters.first()
    if counter is None:
        InvoiceCounter.objects.get_or_create(series=series)
        counter = counters.get()
    return counter


def _last_used[D: (Invoice, CreditNote)](documents: QuerySet[D], pattern: str) -> int:
    """The highest number that documents of this pattern have, whatever series it came from; 0 for none."""
    before, after = pattern.split(NUMBER)
    digits = Cast(
        Substr("number", len(before) + 1, Length("number") - len(before) - len(after)), output_field=BigIntegerField()
    )
    used = documents.filter(number__regex=rf"^{re.escape(before)}[0-9]{{1,18}}{re.escape(after)}$")
    return int(used.order_by().aggregate(last=Max(digits))["last"] or 0)


def forget_patterns() -> None:
    """After a change of the formats: the next number of every series is compared with all that are used."""
    InvoiceCounter.objects.exclude(pattern="").update(pattern="")
