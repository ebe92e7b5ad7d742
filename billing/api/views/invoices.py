"""Invoices, and money for them."""

import secrets
from typing import Final

from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from billing.actions.documents import request_document
from billing.actions.payments import pay_with_credit, record_payment
from billing.api.filters import InvoiceFilter
from billing.api.problems import DocumentNotMade
from billing.api.serializers.invoices import (
    DocumentStateSerializer,
    InvoiceSerializer,
    PaymentRequestSerializer,
    PaymentSerializer,
)
from billing.api.views.base import RowsViewSet, is_new
from billing.files import pdf_response
from billing.models import DocumentState, Invoice, InvoiceStatus, Payment
from billing.permissions import Permission
from billing.queries.clock import database_now

PDF: Final = "application/pdf"
RETRY_AFTER: Final = 1  # seconds


class PdfRenderer(JSONRenderer):
    """Lets callers ask for PDF; what goes wrong is told in JSON all the same."""

    media_type = PDF


class InvoiceViewSet(RowsViewSet[Invoice]):
    """Bills. A client's own key sees its own, without drafts, and may pay them from its credit."""

    queryset = Invoice.objects.select_related("currency").prefetch_related("lines", "payments").order_by("-id")
    serializer_class = InvoiceSerializer
    filterset_class = InvoiceFilter
    writing = Permission.MANAGE_INVOICES
    client_actions = frozenset({"list", "retrieve", "pay_with_credit", "pdf"})
    client_path = "client_id"

    def get_queryset(self) -> QuerySet[Invoice]:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False) or self.caller.is_operator:
            return rows
        return rows.exclude(status=InvoiceStatus.DRAFT)

    @extend_schema(
        request=PaymentRequestSerializer,
        responses={201: PaymentSerializer, 200: OpenApiResponse(PaymentSerializer, "The same payment came before")},
    )
    @action(detail=True, methods=["post"])
    def payments(self, request: Request, pk: str) -> Response:
        """Records money that arrived; what exceeds the balance becomes client credit."""
        invoice = self.get_object()
        values = {"reference": f"api-{secrets.token_hex(12)}", **self.read_input(PaymentRequestSerializer)}
        deed = self.deed()
        payment = record_payment(invoice=invoice, **values, **deed)
        return self._answer_payment(payment, status=201 if is_new(payment.received_at, deed) else 200)

    @extend_schema(request=None, responses={201: PaymentSerializer})
    @action(detail=True, methods=["post"], url_path="pay-with-credit")
    def pay_with_credit(self, request: Request, pk: str) -> Response:
        """Pays the whole balance from the client's credit."""
        return self._answer_payment(pay_with_credit(invoice=self.get_object(), **self.deed()), status=201)

    @extend_schema(
        responses={
            (200, PDF): OpenApiTypes.BINARY,
            (202, "application/json"): OpenApiResponse(
                DocumentStateSerializer, "A worker makes it: ask again after the seconds of Retry-After"
            ),
        }
    )
    @action(detail=True, methods=["get"], renderer_classes=[JSONRenderer, PdfRenderer])
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The invoice as a PDF, a proforma until it is paid. Made once, in the language of the invoice."""
        document = request_document(subject=self.get_object(), now=database_now())
        if document.state == DocumentState.READY:
            return pdf_response(request, document)
        if document.state == DocumentState.FAILED:
            raise DocumentNotMade(_("The PDF could not be made. Ask for it again in five minutes."))
        body = DocumentStateSerializer(document).data
        return JsonResponse(body, status=202, headers={"Retry-After": str(RETRY_AFTER)})

    def _answer_payment(self, payment: Payment, *, status: int) -> Response:
        saved = Payment.objects.select_related("invoice__currency").get(pk=payment.pk)
        return Response(PaymentSerializer(saved).data, status=status)
