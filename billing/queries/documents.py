"""What people are told about a PDF that they asked for, and which documents an invoice has."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from django.utils.translation import gettext as _

from billing.models import CreditNote, DocumentState, Invoice, StoredDocument

SLOW: Final = timedelta(seconds=30)
# What `StoredDocument.error` says where the machine lacks what PDF files are made with.
UNAVAILABLE: Final = "PdfUnavailable"


@dataclass(frozen=True, slots=True)
class DocumentProgress:
    """How far a PDF is, in words. `mark` is a short word for it that changes whenever the words do."""

    mark: Literal["moving", "slow", "ready", "failed"]
    words: str

    @property
    def is_moving(self) -> bool:
        """Whether asking again makes sense."""
        return self.mark in ("moving", "slow")


def document_progress(document: StoredDocument, *, now: datetime, is_staff: bool = False) -> DocumentProgress:
    """What to tell of a document; only staff is told what the machine lacks."""
    if document.state == DocumentState.READY:
        return DocumentProgress("ready", _("The PDF is ready."))
    if document.state == DocumentState.FAILED:
        return DocumentProgress("failed", _failure_words(document, is_staff=is_staff))
    if now - document.asked_at > SLOW:
        words = _("This takes longer than usual. You may leave this page and come back.")
        return DocumentProgress("slow", f"{words} {_('The print view shows the same at once.')}")
    return DocumentProgress("moving", _("The PDF is being made. This takes a few seconds."))


def _failure_words(document: StoredDocument, *, is_staff: bool) -> str:
    way_out = _("The print view shows the same, and your browser can save it as a PDF.")
    if document.error != UNAVAILABLE:
        return " ".join([_("The PDF could not be made. Ask for it again in five minutes."), way_out])
    if is_staff:
        reason = _(
            "PDF files cannot be made here: the worker's machine lacks libpango-1.0-0, libpangoft2-1.0-0 or "
            "libharfbuzz-subset0. Once they are installed, restart the worker and ask again after five minutes."
        )
        return " ".join([reason, way_out])
    return " ".join([_("PDF files are not available at the moment."), way_out])


def credit_notes_of(invoice: Invoice) -> Iterable[CreditNote]:
    """The credit notes of an invoice, in the order of their issue; one query."""
    return invoice.credit_notes.select_related("currency").order_by("id")
