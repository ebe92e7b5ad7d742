"""Documents of the back office: invoices and credit notes on paper, as a page to print and as a PDF."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails
from unfold.admin import ModelAdmin

from billing.admin.frames import frame
from billing.documents.content import read_paper
from billing.documents.rendering import document_context
from billing.files import answer_pdf
from billing.models import CreditNote, Invoice, StoredDocument
from billing.permissions import Permission
from billing.queries.clock import database_now


@admin.register(StoredDocument)
class StoredDocumentAdmin(ModelAdmin):  # type: ignore[misc]
    """No list of rows: a cache. Only the pages of what is in it."""

    def get_urls(self) -> list[URLPattern]:
        inside = self.admin_site.admin_view
        return [
            path("invoices/<int:pk>/print/", inside(print_invoice), name="billing_invoice_print"),
            path("invoices/<int:pk>/pdf/", inside(invoice_pdf), name="billing_invoice_pdf"),
            path("credit-notes/<int:pk>/print/", inside(print_credit_note), name="billing_creditnote_print"),
            path("credit-notes/<int:pk>/pdf/", inside(credit_note_pdf), name="billing_creditnote_pdf"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False


def print_invoice(request: HttpRequest, pk: int) -> HttpResponse:
    """An invoice as a page to print; a draft as it would be issued now."""
    return _print(request, _find(request, Invoice, pk))


def print_credit_note(request: HttpRequest, pk: int) -> HttpResponse:
    """A credit note as a page to print."""
    return _print(request, _find(request, CreditNote, pk))


def invoice_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """An invoice as a PDF file, or a page that waits for it."""
    return _pdf(request, _find(request, Invoice, pk))


def credit_note_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """A credit note as a PDF file, or a page that waits for it."""
    return _pdf(request, _find(request, CreditNote, pk))


def _find[Subject: (Invoice, CreditNote)](request: HttpRequest, model: type[Subject], pk: int) -> Subject:
    """Raises Http404, PermissionDenied."""
    if not request.user.has_perm(Permission.VIEW):
        raise PermissionDenied
    return get_object_or_404(model, pk=pk)


def _print(request: HttpRequest, subject: Invoice | CreditNote) -> HttpResponse:
    context = {**document_context(read_paper(subject)), **_addresses(subject)}
    return TemplateResponse(request, "documents/print.html", context)


def _pdf(request: HttpRequest, subject: Invoice | CreditNote) -> HttpResponse:
    answer = answer_pdf(request, subject, now=database_now(), is_staff=True)
    if isinstance(answer, HttpResponse):
        return answer
    context: dict[str, Any] = {"progress": answer, **_addresses(subject)}
    if HtmxDetails(request):
        return TemplateResponse(request, "admin/billing/document.html#making", context)
    trail = (
        (reverse("admin:billing_invoice_changelist"), _("Invoices")),
        (context["home"], _("Invoice %(number)s") % {"number": _invoice_of(subject)}),
    )
    surroundings = frame(request, *trail, title=_("PDF of %(number)s") % {"number": subject})
    return TemplateResponse(request, "admin/billing/document.html", {**surroundings, **context})


def _invoice_of(subject: Invoice | CreditNote) -> Invoice:
    return subject if isinstance(subject, Invoice) else subject.invoice


def _addresses(subject: Invoice | CreditNote) -> dict[str, str]:
    """Where the page to print, the file, and the invoice that they belong to are found."""
    kind = subject._meta.model_name
    return {
        "home": reverse("admin:billing_invoice_change", args=[_invoice_of(subject).pk]),
        "print_address": reverse(f"admin:billing_{kind}_print", args=[subject.pk]),
        "pdf_address": reverse(f"admin:billing_{kind}_pdf", args=[subject.pk]),
    }
