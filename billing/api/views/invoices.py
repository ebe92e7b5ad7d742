"""Invoices, and money for them."""

import secrets

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from billing.actions.payments import pay_with_credit, record_payment
from billing.api.filters import InvoiceFilter
from billing.api.serializers.invoices import InvoiceSerializer, PaymentRequestSerializer, PaymentSerializer
from billing.api.views.base import RowsViewSet, is_new
from billing.models import Invoice, InvoiceStatus, Payment
from billing.permissions import Permission


class InvoiceViewSet(RowsViewSet[Invoice]):
    """Bills. A client's own key sees its own, without drafts, and may pay them from its credit."""

    queryset = Invoice.objects.select_related("currency").prefetch_related("lines", "payments").order_by("-id")
    serializer_class = InvoiceSerializer
    filterset_class = InvoiceFilter
    writing = Permission.MANAGE_INVOICES
    client_actions = frozenset({"list", "retrieve", "pay_with_credit"})
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

    def _answer_payment(self, payment: Payment, *, status: int) -> Response:
        saved = Payment.objects.select_related("invoice__currency").get(pk=payment.pk)
        return Response(PaymentSerializer(saved).data, status=status)
