"""The PDF that a letter carries: asked for when the letter is sent, made by another worker, awaited for a while."""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError

from billing.actions.documents import request_document
from billing.models import CreditNote, DocumentState, Email, EmailStatus, Invoice, StoredDocument
from billing.queries.billing_settings import read_billing_settings

logger = logging.getLogger(__name__)

# Letters of these names are about the invoice of their event, if it has one.
ABOUT_INVOICES: Final = frozenset(
    {
        "invoice.issued",
        "invoice.paid",
        "invoice.reminder",
        "invoice.overdue_first",
        "invoice.overdue_second",
        "invoice.overdue_third",
        "service.suspended",
    }
)
ABOUT_CREDIT_NOTES: Final = frozenset({"credit_note.issued"})
# The document wakes its letters when it is made; this is for a worker that died before it could.
LOOK_AGAIN: Final = timedelta(seconds=30)
# A document that is not there by then is not worth the delay: the letter names the page where it can be had.
PATIENCE: Final = timedelta(minutes=15)


class DocumentAwaited(Exception):
    """The document is being made: the letter waits for it."""

    def __init__(self, document: StoredDocument) -> None:
        super().__init__(str(document))
        self.document = document


def find_attachment(email: Email, *, now: datetime) -> StoredDocument | None:
    """The READY document that the letter carries, as it is now; None where it goes without.

    That is: another letter, the setting is off, the document cannot be made, or was not made in time. Raises
    DocumentAwaited.
    """
    subject = _subject_of(email)
    if subject is None or not read_billing_settings().attaches_documents:
        return None
    try:
        document = request_document(subject=subject, now=now)
    except DatabaseError:
        raise
    except Exception:
        # A document that cannot be drawn is a defect of ours: its letter is not held back by it.
        logger.exception("The document of e-mail %s cannot be asked for", email.pk)
        return None
    if document.state == DocumentState.READY:
        return document
    if document.state == DocumentState.FAILED or now >= document.asked_at + PATIENCE:
        return None
    raise DocumentAwaited(document)


def put_off_for_document(email: Email, document: StoredDocument, *, now: datetime) -> None:
    """SENDING → READY, to be sent once the document is there; that is no failed attempt."""
    run_after = min(now + LOOK_AGAIN, document.asked_at + PATIENCE)
    Email.objects.filter(pk=email.pk).update(status=EmailStatus.READY, document=document, run_after=run_after)


def _subject_of(email: Email) -> Invoice | CreditNote | None:
    event = email.event
    if email.letter in ABOUT_INVOICES:
        return event.invoice
    if email.letter in ABOUT_CREDIT_NOTES:
        return CreditNote.objects.filter(invoice=event.invoice_id, number=event.data["number"]).first()
    return None
