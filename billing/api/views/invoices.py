"""Invoices, and money for them."""

import secrets

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from billing.actions.credit_notes import issue_credit_note
from billing.actions.invoicing import DraftLine, cancel_invoice, create_draft, publish_invoice
from billing.actions.payments import apply_credit, pay_with_credit, record_payment
from billing.actions.refunds import RefundInvalid, refund_payment
from billing.api.filters import InvoiceFilter
from billing.api.idempotency import HEADER, read_checkout_key
from billing.api.serializers.corrections import (
    ApplyCreditSerializer,
    CreditNoteRequestSerializer,
    CreditNoteSerializer,
    DraftSerializer,
    PublishSerializer,
    RefundRequestSerializer,
    RefundSerializer,
)
from billing.api.serializers.invoices import (
    InvoiceSerializer,
    PaymentRequestSerializer,
    PaymentSerializer,
)
from billing.api.views.base import RowsViewSet, is_new
from billing.api.views.documents import PDF_RESPONSES, PdfRenderer, answer_with_pdf
from billing.models import CreditNote, CreditNoteTo, Invoice, InvoiceStatus, Payment, Refund, RefundWay
from billing.permissions import Permission

NOTES = CreditNote.objects.select_related("currency").prefetch_related("lines__credit_note__currency")
KEY_PARAMETER = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="1 to 100 printable ASCII characters. The same key with the same body gives the same refund.",
)


class InvoiceViewSet(RowsViewSet[Invoice]):
    """Bills. A client's own key sees its own, without drafts, and may pay them from its credit."""

    queryset = (
        Invoice.objects.select_related("currency")
        .prefetch_related("lines", "payments", Prefetch("credit_notes", NOTES))
        .order_by("-id")
    )
    serializer_class = InvoiceSerializer
    filterset_class = InvoiceFilter
    writing = Permission.MANAGE_INVOICES
    client_actions = frozenset({"list", "retrieve", "pay_with_credit", "apply_credit", "pdf"})
    client_path = "client_id"

    def get_queryset(self) -> QuerySet[Invoice]:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False) or self.caller.is_operator:
            return rows
        return rows.exclude(status=InvoiceStatus.DRAFT)

    @extend_schema(request=DraftSerializer, responses={201: InvoiceSerializer})
    def create(self, request: Request) -> Response:
        """Writes a draft: its client sees nothing of it until it is published."""
        values = self.read_input(DraftSerializer)
        lines = [DraftLine(**line) for line in values.pop("lines")]
        return self.answer(create_draft(lines=lines, **values, **self.deed()).pk, status=201)

    @extend_schema(request=PublishSerializer, responses=InvoiceSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """DRAFT → UNPAID, today, at today's tax; its lines never change again."""
        invoice = self.get_object()
        return self.answer(publish_invoice(invoice=invoice, **self.read_input(PublishSerializer), **self.deed()).pk)

    @extend_schema(request=None, responses=InvoiceSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Takes a draft or an open invoice without a number back; what was paid of it becomes credit."""
        return self.answer(cancel_invoice(invoice=self.get_object(), is_money_released=True, **self.deed()).pk)

    @extend_schema(
        request=PaymentRequestSerializer,
        responses={201: PaymentSerializer, 200: OpenApiResponse(PaymentSerializer, "The same payment came before")},
    )
    @action(detail=True, methods=["post"])
    def payments(self, request: Request, pk: str) -> Response:
        """Records money that arrived; what the invoice does not ask for becomes client credit."""
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

    @extend_schema(request=ApplyCreditSerializer, responses={201: PaymentSerializer})
    @action(detail=True, methods=["post"], url_path="apply-credit")
    def apply_credit(self, request: Request, pk: str) -> Response:
        """Pays a part from the client's credit, or as much as there is."""
        invoice = self.get_object()
        payment = apply_credit(invoice=invoice, **self.read_input(ApplyCreditSerializer), **self.deed())
        return self._answer_payment(payment, status=201)

    @extend_schema(request=CreditNoteRequestSerializer, responses={201: CreditNoteSerializer})
    @action(detail=True, methods=["post"], url_path="credit-notes")
    def credit_notes(self, request: Request, pk: str) -> Response:
        """Takes a paid invoice back, wholly or by lines. Look at its `credit_notes` before sending it again."""
        invoice = self.get_object()
        values = self.read_input(CreditNoteRequestSerializer)
        note = issue_credit_note(
            invoice=invoice,
            to=CreditNoteTo(values["to"]),
            reason=values["reason"],
            amounts=values.get("lines"),
            **self.deed(),
        )
        saved = CreditNoteSerializer(NOTES.get(pk=note.pk), context=self.get_serializer_context())
        return Response(saved.data, status=201)

    @extend_schema(
        request=RefundRequestSerializer,
        parameters=[KEY_PARAMETER],
        responses={
            201: RefundSerializer,
            200: OpenApiResponse(RefundSerializer, "The refund that this key stands for"),
        },
    )
    @action(detail=True, methods=["post"])
    def refunds(self, request: Request, pk: str) -> Response:
        """Gives money of a payment back; off a paid invoice by a credit note."""
        invoice = self.get_object()
        key = read_checkout_key(request, self.caller.key)
        values = self.read_input(RefundRequestSerializer)
        if values["payment"].invoice_id != invoice.pk:
            raise RefundInvalid({"payment": [_("The invoice has no such payment.")]})
        deed = self.deed()
        refund = refund_payment(**{**values, "way": RefundWay(values["way"])}, request_key=key, **deed)
        saved = Refund.objects.select_related("currency").get(pk=refund.pk)
        return Response(RefundSerializer(saved).data, status=201 if is_new(refund.requested_at, deed) else 200)

    @extend_schema(responses=PDF_RESPONSES)
    @action(detail=True, methods=["get"], renderer_classes=[JSONRenderer, PdfRenderer])
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The invoice as a PDF, a proforma until it is paid. Made once, in the language of the invoice."""
        return answer_with_pdf(request, self.get_object())

    def _answer_payment(self, payment: Payment, *, status: int) -> Response:
        saved = Payment.objects.select_related("invoice__currency").get(pk=payment.pk)
        return Response(PaymentSerializer(saved).data, status=status)
