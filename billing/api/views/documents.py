"""PDF files over the API: the file, or 202 while a worker makes it; credit notes with theirs."""

from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from billing.actions.documents import request_document
from billing.api.filters import CreditNoteFilter
from billing.api.problems import DocumentNotMade
from billing.api.serializers.corrections import CreditNoteSerializer
from billing.api.serializers.invoices import DocumentStateSerializer
from billing.api.views.base import RowsViewSet
from billing.files import pdf_response
from billing.models import CreditNote, DocumentState, Invoice
from billing.queries.clock import database_now

PDF: Final = "application/pdf"
RETRY_AFTER: Final = 1  # seconds
PDF_RESPONSES: Final = {
    (200, PDF): OpenApiTypes.BINARY,
    (202, "application/json"): OpenApiResponse(
        DocumentStateSerializer, "A worker makes it: ask again after the seconds of Retry-After"
    ),
}


class PdfRenderer(JSONRenderer):
    """Lets callers ask for PDF; what goes wrong is told in JSON all the same."""

    media_type = PDF


def answer_with_pdf(request: HttpRequest | Request, subject: Invoice | CreditNote) -> HttpResponse:
    """The file, or 202 while a worker makes it. Raises DocumentNotMade."""
    document = request_document(subject=subject, now=database_now())
    if document.state == DocumentState.READY:
        return pdf_response(request, document)
    if document.state == DocumentState.FAILED:
        raise DocumentNotMade(_("The PDF could not be made. Ask for it again in five minutes."))
    body = DocumentStateSerializer(document).data
    return JsonResponse(body, status=202, headers={"Retry-After": str(RETRY_AFTER)})


class CreditNoteViewSet(RowsViewSet[CreditNote]):
    """Corrections of invoices. A client's own key sees its own."""

    queryset = (
        CreditNote.objects.select_related("currency").prefetch_related("lines__credit_note__currency").order_by("-id")
    )
    serializer_class = CreditNoteSerializer
    filterset_class = CreditNoteFilter
    client_actions = frozenset({"list", "retrieve", "pdf"})
    client_path = "client_id"

    @extend_schema(responses=PDF_RESPONSES)
    @action(detail=True, methods=["get"], renderer_classes=[JSONRenderer, PdfRenderer])
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The credit note as a PDF. Made once, in the language of its invoice."""
        return answer_with_pdf(request, self.get_object())
