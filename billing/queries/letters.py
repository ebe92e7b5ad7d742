"""What a letter may speak of."""

from collections import defaultdict
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from billing.models import PAYABLE_STATUSES, Email, Invoice, LedgerAudit, User
from billing.queries.differences import differences_of
from billing.queries.letter_kinds import NEWS
from billing.queries.letter_links import confirmation_address, password_address, unsubscribe_address
from billing.queries.operations import operation_words, words
from billing.queries.services import field_rows

DIFFERENCES = 10
OUTDATED: Final = gettext_noop("It would ask for money that came meanwhile, or that nobody has to pay any more.")
# Whoever reads these acts in the client's name.
CONFIRMATION: Final = "client.email_unconfirmed"
FORGOTTEN: Final = "user.password_forgotten"
SECRET: Final = frozenset({CONFIRMATION, FORGOTTEN, NEWS})
# Letters that ask for the money of several invoices, listed in their event.
SEVERAL: Final = "invoices."
# Letters that ask for the money of an invoice.
ASKING: Final = frozenset(
    {"invoice.issued", "invoice.reminder", "invoice.overdue_first", "invoice.overdue_second", "invoice.overdue_third"}
)


def is_outdated(email: Email) -> bool:
    """True for a letter that asks for money which came meanwhile, or is no longer asked for: other letters say so."""
    if email.letter.startswith(SEVERAL):
        return not _payable_of(email).exists()
    invoice = email.event.invoice if email.letter in ASKING else None
    return invoice is not None and not invoice.is_payable


def _payable_of(email: Email) -> QuerySet[Invoice]:
    """The invoices that a letter about several lists: those that are still to be paid."""
    found = Invoice.objects.filter(pk__in=email.event.data["invoices"], status__in=PAYABLE_STATUSES)
    return found.prefetch_related("lines").order_by("due_date", "pk")


def _several(email: Email) -> dict[str, Any]:
    """The invoices, and what they come to by currency."""
    invoices = list(_payable_of(email))
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for invoice in invoices:
        totals[invoice.currency_id] += invoice.balance
    return {"invoices": invoices, "totals": sorted(totals.items())}


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
        "recipient": email.recipient,
    }
    if email.letter.startswith(SEVERAL):
        context |= _several(email)
    if "message" in event.data:
        context["event_words"] = words(event.data["message"], event.data.get("values", {}))
    if event.service is not None:
        context["fields"] = field_rows(event.service, audience="client" if email.client else "operator")
    if "audit" in event.data:
        audit = LedgerAudit.objects.get(pk=event.data["audit"])
        context["audit"], context["differences"] = audit, differences_of(audit)[:DIFFERENCES]
    context |= _links(email)
    if event.operation is not None:
        context["operation_words"] = operation_words(event.operation)
    return context


def _links(email: Email) -> dict[str, str]:
    """What only this letter may hold."""
    if email.letter == CONFIRMATION and email.client is not None:
        return {"link": confirmation_address(email.client.pk, email.recipient)}
    if email.letter == FORGOTTEN:
        return {"link": password_address(User.objects.get(pk=email.event.data["user"]))}
    if email.letter == NEWS and email.client is not None:
        return {"unsubscribe": unsubscribe_address(email.client)}
    return {}


def kept_text(email: Email, text: str) -> str:
    """The text as the log keeps it: "" where it holds a link or a key that only its reader may have."""
    if email.letter in SECRET:
        return ""
    service = email.event.service
    rows = field_rows(service, audience="operator") if service is not None else []
    return "" if any(row.is_secret and row.value and row.value in text for row in rows) else text
