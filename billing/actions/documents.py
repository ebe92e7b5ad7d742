"""PDF files of invoices and credit notes: asked for by people, made once by a worker, kept by what they say."""

import logging
import re
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from billing.documents.content import read_paper
from billing.documents.paper import Paper
from billing.documents.rendering import PdfUnavailable, digest_of, make_pdf, render_source
from billing.models import CreditNote, DocumentState, Email, EmailStatus, Invoice, StoredDocument
from billing.queries.clock import business_date
from billing.wakeups import wake_document, wake_email

logger = logging.getLogger(__name__)

# The longest invoice takes a minute; a worker that has not reported by then has died.
LEASE: Final = timedelta(minutes=5)
ATTEMPTS: Final = 3
RETRY: Final = timedelta(seconds=15)
# What could not be made is tried again when somebody asks later than this.
REST: Final = timedelta(minutes=5)
KEPT: Final = timedelta(days=90)
DOCUMENTS_AT_ONCE: Final = 500


def request_document(*, subject: Invoice | CreditNote, now: datetime) -> StoredDocument:
    """The document of `subject` as it is at this moment: READY if it was made before, else a worker is asked for it.

    Asking twice makes it once. One that FAILED is tried again after a rest.
    """
    paper = read_paper(subject)
    source = render_source(paper)
    digest = digest_of(source)
    found = StoredDocument.objects.filter(digest=digest).first()
    if found is None:
        return _ask(subject, paper, source, digest, now=now)
    if found.wanted_on != business_date(now):
        found.wanted_on = business_date(now)
        found.save(update_fields=["wanted_on"])
    if found.state == DocumentState.FAILED and found.run_after <= now:
        _ask_again(found, source, now=now)
    return found


def make_document(*, document_id: int, now: datetime) -> None:
    """Leases the document, makes the file, keeps it. A second delivery of the wake-up does nothing."""
    leased = StoredDocument.objects.due(now=now).filter(pk=document_id)
    if not leased.update(state=DocumentState.MAKING, run_after=now + LEASE):
        return
    document = StoredDocument.objects.get(pk=document_id)
    try:
        content = make_pdf(document.source)
    except PdfUnavailable as error:
        logger.error("PDF files cannot be made: %s", error)
        _give_up(document, error, now=now)
    except Exception as error:
        # A document that cannot be drawn is a defect of ours: seen as FAILED, not tried for ever.
        logger.exception("Document %s could not be made", document.pk)
        _put_off(document, error, now=now)
    else:
        _leased(document).update(state=DocumentState.READY, content=content, source="", error="")
        wake_letters_of(document, now=now)


def wake_due_documents(*, now: datetime) -> None:
    """Wakes a worker for each document that waits, or whose worker never reported."""
    due = StoredDocument.objects.due(now=now).order_by("id")
    for document_id in due.values_list("pk", flat=True)[:DOCUMENTS_AT_ONCE]:
        wake_document(document_id)


def wake_letters_of(document: StoredDocument, *, now: datetime) -> None:
    """Letters that waited for the document go out now: it is made, or given up."""
    waiting = Email.objects.filter(document=document, status=EmailStatus.READY)
    email_ids = list(waiting.order_by("pk").values_list("pk", flat=True))
    waiting.filter(pk__in=email_ids).update(run_after=now)
    for email_id in email_ids:
        wake_email(email_id)


def prune_documents(*, now: datetime) -> int:
    """Deletes what nobody has wanted for 90 days; it is made again when somebody does. Returns how many."""
    return StoredDocument.objects.filter(wanted_on__lt=business_date(now) - KEPT).delete()[0]


def _ask(subject: Invoice | CreditNote, paper: Paper, source: str, digest: str, *, now: datetime) -> StoredDocument:
    with transaction.atomic():
        document, is_new = StoredDocument.objects.get_or_create(
            digest=digest,
            defaults={
                "invoice": subject if isinstance(subject, Invoice) else None,
                "credit_note": subject if isinstance(subject, CreditNote) else None,
                "language": paper.language,
                "name": _file_name(paper),
                "source": source,
                "run_after": now,
                "asked_at": now,
                "wanted_on": business_date(now),
            },
        )
        if is_new:
            wake_document(document.pk)
    return document


def _ask_again(document: StoredDocument, source: str, *, now: datetime) -> None:
    values = {"state": DocumentState.WAITING, "source": source, "attempt": 0, "run_after": now, "asked_at": now}
    with transaction.atomic():
        failed = StoredDocument.objects.filter(pk=document.pk, state=DocumentState.FAILED)
        if failed.update(**values):
            wake_document(document.pk)
    document.refresh_from_db()


def _give_up(document: StoredDocument, error: Exception, *, now: datetime) -> None:
    _leased(document).update(
        state=DocumentState.FAILED,
        source="",
        attempt=document.attempt + 1,
        run_after=now + REST,
        error=type(error).__name__,
    )
    wake_letters_of(document, now=now)


def _put_off(document: StoredDocument, error: Exception, *, now: datetime) -> None:
    attempt = document.attempt + 1
    if attempt >= ATTEMPTS:
        _give_up(document, error, now=now)
        return
    _leased(document).update(
        state=DocumentState.WAITING, attempt=attempt, run_after=now + RETRY * attempt, error=type(error).__name__
    )


def _leased(document: StoredDocument) -> QuerySet[StoredDocument]:
    """The row while this very lease holds: a worker that comes late changes nothing."""
    return StoredDocument.objects.filter(pk=document.pk, state=DocumentState.MAKING, run_after=document.run_after)


def _file_name(paper: Paper) -> str:
    """invoice-INV-2026-00015.pdf: nothing that a file system would stumble over."""
    return f"{paper.kind}-{re.sub(r'[^\w.-]+', '-', paper.number)}.pdf"
