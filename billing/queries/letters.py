"""What a letter may speak of."""

from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext_noop

from billing.models import Email, LedgerAudit, User
from billing.queries.differences import differences_of
from billing.queries.letter_links import confirmation_address, password_address
from billing.queries.operations import operation_words, words
from billing.queries.services import field_rows

DIFFERENCES = 10
OUTDATED: Final = gettext_noop("It would ask for money that came meanwhile, or that nobody has to pay any more.")
# Whoever reads these acts in the client's name.
CONFIRMATION: Final = "client.email_unconfirmed"
FORGOTTEN: Final = "user.password_forgotten"
SECRET: Final = frozenset({CONFIRMATION, FORGOTTEN})
# Letters that ask for the money of an invoice.
ASKING: Final = frozenset(
    {"invoice.issued", "invoice.reminder", "invoice.overdue_first", "invoice.overdue_second", "invoice.overdue_third"}
)


def is_outdated(email: Email) -> bool:
    """True for a letter that asks for money which came meanwhile, or is no longer asked for: other letters say so."""
    invoice = email.event.invoice if email.letter in ASKING else None
    return invoice is not None and not invoice.is_payable


def letter_context(email: Email) -> dict[str, Any]:
    """Values for the templates of a letter: the client, and what its event concerns."""
    event = email.event
    context: dict[str, Any] = {
        "portal_name": settings.PORTAL_NAME,
        "portal_url": settings.PORTAL_URL,
        "bank_details": settings.BANK_DETAILS,
        "client": email.client or event.client,
        "order": event.order,
        "invoice": event.invoice,
        "service": event.service,
        "operation": event.operation,
        "data": event.data,
        "language": email.language,
    }
    if "message" in event.data:
        context["event_words"] = words(event.data["message"], event.data.get("values", {}))
    if event.service is not None:
        context["fields"] = field_rows(event.service, audience="client" if email.client else "operator")
    if "audit" in event.data:
        audit = LedgerAudit.objects.get(pk=event.data["audit"])
        context["audit"], context["differences"] = audit, differences_of(audit)[:DIFFERENCES]
    if email.letter == CONFIRMATION and email.client is not None:
        context["link"] = confirmation_address(email.client)
    if email.letter == FORGOTTEN:
        context["link"] = password_address(User.objects.get(pk=event.data["user"]))
    if event.operation is not None:
        context["operation_words"] = operation_words(event.operation)
    return context


def kept_text(email: Email, text: str) -> str:
    """The text as the log keeps it: "" where it holds a link or a key that only its reader may have."""
    if email.letter in SECRET:
        return ""
    service = email.event.service
    rows = field_rows(service, audience="operator") if service is not None else []
    return "" if any(row.is_secret and row.value and row.value in text for row in rows) else text
