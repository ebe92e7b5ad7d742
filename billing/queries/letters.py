"""Letters that are not sent after all."""

from typing import Final

from billing.models import Email, LetterSettings

# Letters that ask for the money of an invoice.
ASKING: Final = frozenset(
    {"invoice.issued", "invoice.reminder", "invoice.overdue_first", "invoice.overdue_second", "invoice.overdue_third"}
)


def is_outdated(email: Email) -> bool:
    """True for a letter that operators have switched off, and for one that asks for money nobody waits for any more.

    Another letter says so where the money came. One query.
    """
    invoice = email.event.invoice if email.letter in ASKING else None
    if invoice is not None and not invoice.is_payable:
        return True
    return LetterSettings.objects.filter(letter=email.letter, is_disabled=True).exists()
