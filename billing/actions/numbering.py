"""Numbers of documents: gapless in each series, from a counter whose row is locked until the document commits.

Formats may change while numbers are being taken. A counter remembers the pattern that it counts for; who finds another
one there holds the settings still before looking which numbers are used. Settings are saved under the same lock and
make every counter forget its pattern, which waits for the numbers that are being taken: so nobody takes one by settings
that are no longer valid.
"""

import re
from datetime import date, datetime
from typing import Final

from django.db import connection
from django.db.models import BigIntegerField, Max, QuerySet
from django.db.models.functions import Cast, Length, Substr

from billing.models import BillingSettings, CreditNote, Invoice, InvoiceCounter, NumberReset
from billing.models.billing_settings import ONLY
from billing.queries.clock import business_date
from billing.queries.compiled import CompiledQuery

NUMBER: Final = "{NUMBER}"
INVOICES: Final = "INVOICE"
CREDIT_NOTES: Final = "CREDIT_NOTE"
_COLUMNS: Final = ("number_format", "credit_note_format", "number_digits", "number_reset")
_FORMATS = CompiledQuery(lambda only: BillingSettings.objects.only(*_COLUMNS).filter(pk=only))


def take_invoice_number(*, now: datetime) -> str:
    """The next number of an invoice. Take it last: its counter stays locked until the payment commits."""
    return _take(INVOICES, _read_formats(), today=business_date(now))


def take_credit_note_number(*, now: datetime) -> str:
    """The next number of a credit note, from counters of its own."""
    return _take(CREDIT_NOTES, _read_formats(), today=business_date(now))


def forget_patterns() -> None:
    """After a change of the formats: the next number of every series is compared with all that are used.

    Waits for those that are being taken. Call it with the settings locked.
    """
    InvoiceCounter.objects.update(pattern="")


def fill_dates(number_format: str, *, on: date) -> str:
    """A format with everything but the number filled in."""
    values = {"{YEAR}": f"{on:%Y}", "{MONTH}": f"{on:%m}", "{DAY}": f"{on:%d}"}
    for tag, value in values.items():
        number_format = number_format.replace(tag, value)
    return number_format


def _take(kind: str, settings: BillingSettings, *, today: date) -> str:
    pattern = fill_dates(_format_of(kind, settings), on=today)
    series = _series(kind, settings.number_reset, today)
    number = _count_on(series, pattern)
    if number is None:
        settings = _lock_settings()
        pattern = fill_dates(_format_of(kind, settings), on=today)
        series = _series(kind, settings.number_reset, today)
        number = _begin(kind, series, pattern)
    return pattern.replace(NUMBER, str(number).zfill(settings.number_digits))


def _count_on(series: str, pattern: str) -> int | None:
    """The next number of a series that is counted for this pattern, else None.

    One statement, which the ORM has no words for: whoever pays next waits for all that happens from here on.
    """
    statement = f"UPDATE {InvoiceCounter._meta.db_table} SET next_number = next_number + 1"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} WHERE series = %s AND pattern = %s RETURNING next_number - 1", [series, pattern])
        found = cursor.fetchone()
    return found[0] if found else None


def _begin(kind: str, series: str, pattern: str) -> int:
    """Takes a number of a series that was not counted for this pattern yet, passing over what is used of it."""
    InvoiceCounter.objects.get_or_create(series=series)
    counter = InvoiceCounter.objects.select_for_update(no_key=True).get(pk=series)
    counter.pattern = pattern
    number = max(counter.next_number, _last_used(kind, pattern) + 1)
    counter.next_number = number + 1
    counter.save(update_fields=["next_number", "pattern"])
    return number


def _read_formats() -> BillingSettings:
    """What numbers are made by, of the stored settings or the defaults."""
    stored = _FORMATS(ONLY)
    return stored[0] if stored else BillingSettings(pk=ONLY)


def _format_of(kind: str, settings: BillingSettings) -> str:
    return settings.number_format if kind == INVOICES else settings.credit_note_format


def _series(kind: str, reset: str, today: date) -> str:
    if reset == NumberReset.MONTHLY:
        return f"{kind}-{today:%Y-%m}"
    return f"{kind}-{today:%Y}" if reset == NumberReset.YEARLY else kind


def _lock_settings() -> BillingSettings:
    """The settings as they are now, which stay so until the transaction ends."""
    BillingSettings.objects.get_or_create(pk=ONLY)
    return BillingSettings.objects.select_for_update(no_key=True).get(pk=ONLY)


def _last_used(kind: str, pattern: str) -> int:
    """The highest number that documents of this pattern have, whatever series it came from; 0 for none."""
    documents: QuerySet[Invoice] | QuerySet[CreditNote] = (
        Invoice.objects.all() if kind == INVOICES else CreditNote.objects.all()
    )
    before, after = pattern.split(NUMBER)
    digits = Cast(
        Substr("number", len(before) + 1, Length("number") - len(before) - len(after)), output_field=BigIntegerField()
    )
    used = documents.filter(number__regex=rf"^{re.escape(before)}[0-9]{{1,18}}{re.escape(after)}$")
    return int(used.order_by().aggregate(last=Max(digits))["last"] or 0)
