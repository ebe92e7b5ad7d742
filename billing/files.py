"""Files for people to save: the same answer in the client area, the back office and the REST API."""

import time
from datetime import datetime
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag
from django_htmx.middleware import HtmxDetails

from billing.actions.certificates import CertificateFile
from billing.actions.documents import request_document
from billing.models import CreditNote, DocumentState, Invoice, StoredDocument
from billing.queries.documents import DocumentProgress, document_progress

LOOK_INTERVAL: Final = 0.1  # seconds
_SETTLED: Final = (DocumentState.READY, DocumentState.FAILED)


def file_response(file: CertificateFile) -> HttpResponse:
    """Saved by the browser under its name, kept by nobody on the way."""
    return HttpResponse(
        file.content,
        content_type="application/x-pem-file",
        headers={"Content-Disposition": f'attachment; filename="{file.name}"', "Cache-Control": "no-store, private"},
    )


def answer_pdf(
    request: HttpRequest, subject: Invoice | CreditNote, *, now: datetime, is_staff: bool
) -> HttpResponse | DocumentProgress:
    """The PDF of `subject` as a file; while it is not there, what a page tells of it instead.

    A poll by htmx does not wait: it gets 204 while its `?mark=` still tells the truth.
    """
    document = request_document(subject=subject, now=now)
    is_poll = bool(HtmxDetails(request))
    if not is_poll:
        document = _wait_for(document)
        if document.state == DocumentState.READY:
            return pdf_response(request, document)
    progress = document_progress(document, now=now, is_staff=is_staff)
    if is_poll and request.GET.get("mark") == progress.mark:
        return HttpResponse(status=204)
    return progress


def pdf_response(request: HttpRequest, document: StoredDocument) -> HttpResponse:
    """A READY document as a file, or 304 for a browser that has this very one."""
    response = HttpResponse(
        document.content,
        content_type="application/pdf",
        headers={
            "Content-Disposition": content_disposition_header(True, document.name) or "attachment",
            "Cache-Control": "private, no-cache",
            "X-Content-Type-Options": "nosniff",
            "ETag": quote_etag(document.digest),
        },
    )
    answer = get_conditional_response(request, etag=response["ETag"], response=response)
    return answer if isinstance(answer, HttpResponse) else response


def _wait_for(document: StoredDocument) -> StoredDocument:
    """The document once a worker is done with it, or as it is after DOCUMENT_PATIENCE."""
    until = time.monotonic() + settings.DOCUMENT_PATIENCE
    while document.state not in _SETTLED and time.monotonic() < until:
        time.sleep(LOOK_INTERVAL)
        document.refresh_from_db()
    return document
