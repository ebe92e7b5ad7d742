"""Letters that are not sent after all, and what the log keeps of those that are."""

from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from billing.models import PAYABLE_STATUSES, Email, Invoice, LetterSettings
from billing.queries.letter_kinds import NEWS
from billing.queries.services import field_rows

OUTDATED: Final = gettext_noop("It would ask for money that came meanwhile, or that nobody has to pay any more.")
SWITCHED_OFF: Final = gettext_noop("Operators have switched this letter off.")
# Letters that ask for the money of an invoice.
ASKING: Final = frozenset(
    {
        "invoice.issued",
        "invoice.reminder",
        "invoice.overdue_first",
        "invoice.overdue_second",
        "invoice.overdue_third",
        "payment.failed",
    }
)
# Letters that ask for the money of several invoices, listed in their event.
SEVERAL: Final = "invoices."
# Whoever reads these acts in the client's name.
CONFIRMATION: Final = "client.email_unconfirmed"
FORGOTTEN: Final = "user.password_forgotten"
SECRET: Final = frozenset({CONFIRMATION, FORGOTTEN, NEWS})


def is_outdated(email: Email) -> bool:
    """True for a letter that asks for money which came meanwhile, or is no longer asked for: other letters say so."""
    if email.letter.startswith(SEVERAL):
        return not payable_among(email.event.data["invoices"]).exists()
    invoice = email.event.invoice if email.letter in ASKING else None
    return invoice is not None and not invoice.is_payable


def is_switched_off(email: Email) -> bool:
    """True for a letter that operators have switched off. One query."""
    return LetterSettings.objects.filter(letter=email.letter, is_disabled=True).exists()


def payable_among(numbers: list[int]) -> QuerySet[Invoice]:
    """Those of some invoices that are still to be paid, with their lines, the most urgent first."""
    found = Invoice.objects.filter(pk__in=numbers, status__in=PAYABLE_STATUSES)
    return found.prefetch_related("lines").order_by("due_date", "pk")


def kept_text(email: Email, text: str) -> str:
    """The text as the log keeps it: "" where it holds a link or a key that only its reader may have."""
    if email.letter in SECRET:
        return ""
    service = email.event.service
    rows = field_rows(service, audience="operator") if service is not None else []
    return "" if any(row.is_secret and row.value and row.value in text for row in rows) else text
