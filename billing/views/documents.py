"""The client area: invoices and credit notes on paper, as a page to print and as a PDF."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from django_htmx.middleware import HtmxDetails

from billing.documents.content import read_paper
from billing.documents.rendering import document_context
from billing.files import answer_pdf
from billing.models import Client, CreditNote, Invoice
from billing.queries.pages_client import get_credit_note, get_invoice
from billing.views.current import client_required


@never_cache
@require_GET
@client_required
def print_invoice(request: HttpRequest, client: Client, invoice_id: int) -> HttpResponse:
    """One of the client's own invoices as a page to print."""
    return _print(request, _find_invoice(client, invoice_id))


@never_cache
@require_GET
@client_required
def print_credit_note(request: HttpRequest, client: Client, note_id: int) -> HttpResponse:
    """One of the client's own credit notes as a page to print."""
    return _print(request, _find_credit_note(client, note_id))


@require_GET
@client_required
def invoice_pdf(request: HttpRequest, client: Client, invoice_id: int) -> HttpResponse:
    """One of the client's own invoices as a PDF file, or a page that waits for it."""
    return _pdf(request, _find_invoice(client, invoice_id))


@require_GET
@client_required
def credit_note_pdf(request: HttpRequest, client: Client, note_id: int) -> HttpResponse:
    """One of the client's own credit notes as a PDF file, or a page that waits for it."""
    return _pdf(request, _find_credit_note(client, note_id))


def _find_invoice(client: Client, invoice_id: int) -> Invoice:
    try:
        return get_invoice(client, invoice_id)
    except Invoice.DoesNotExist as error:
        raise Http404 from error


def _find_credit_note(client: Client, note_id: int) -> CreditNote:
    try:
        return get_credit_note(client, note_id)
    except CreditNote.DoesNotExist as error:
        raise Http404 from error


def _print(request: HttpRequest, subject: Invoice | CreditNote) -> HttpResponse:
    context = {**document_context(read_paper(subject)), **_addresses(subject)}
    return render(request, "documents/print.html", context)


def _pdf(request: HttpRequest, subject: Invoice | CreditNote) -> HttpResponse:
    answer = answer_pdf(request, subject, now=timezone.now(), is_staff=False)
    if isinstance(answer, HttpResponse):
        return answer
    template = "client/document.html#making" if HtmxDetails(request) else "client/document.html"
    return render(request, template, {"room": "invoices", "progress": answer, **_addresses(subject)})


def _addresses(subject: Invoice | CreditNote) -> dict[str, str]:
    """Where the page to print, the file, and what they are of are found; `number` names it."""
    is_invoice = isinstance(subject, Invoice)
    kind = "invoice" if is_invoice else "credit_note"
    invoice = subject if isinstance(subject, Invoice) else subject.invoice
    return {
        "number": subject.display_number if isinstance(subject, Invoice) else subject.number,
        "home": reverse("client:invoice", args=[invoice.pk]),
        "print_address": reverse(f"client:{kind}_print", args=[subject.pk]),
        "pdf_address": reverse(f"client:{kind}_pdf", args=[subject.pk]),
    }
