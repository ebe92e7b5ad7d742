"""Bank statements over the API: uploaded, and their transfers decided."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from billing.actions.bank_statements import StatementKnown, import_statement
from billing.actions.bank_transfers import choose_credit, choose_invoices, confirm_transfer, ignore_transfer
from billing.api.filters import BankTransferFilter
from billing.api.serializers.bank_statements import (
    BankStatementSerializer,
    BankTransferSerializer,
    ChoiceSerializer,
    IgnoreSerializer,
    StatementUploadSerializer,
)
from billing.api.views.base import RowsViewSet
from billing.models import BankStatement, BankTransfer
from billing.permissions import Permission


class BankStatementViewSet(RowsViewSet[BankStatement]):
    """Files from the bank, newest first."""

    queryset = BankStatement.objects.order_by("-id")
    serializer_class = BankStatementSerializer
    writing = Permission.MANAGE_INVOICES

    @extend_schema(
        request=StatementUploadSerializer, responses={200: BankStatementSerializer, 201: BankStatementSerializer}
    )
    def create(self, request: Request) -> Response:
        """Reads a file (CAMT or 1C client bank) and proposes what its transfers pay; the same file again is 200."""
        values = self.read_input(StatementUploadSerializer)
        try:
            return self.answer(import_statement(**values, **self.deed()).pk, status=201)
        except StatementKnown as known:
            return self.answer(known.statement.pk)


class BankTransferViewSet(RowsViewSet[BankTransfer]):
    """Money that came to the bank, newest first; `?status=MATCHED&confidence=SURE` waits for a yes."""

    queryset = BankTransfer.objects.prefetch_related("shares").order_by("-id")
    serializer_class = BankTransferSerializer
    filterset_class = BankTransferFilter
    writing = Permission.MANAGE_INVOICES

    @extend_schema(request=ChoiceSerializer, responses=BankTransferSerializer)
    @action(detail=True, methods=["post"])
    def choose(self, request: Request, pk: str) -> Response:
        """Another use than proposed; it has to be confirmed afterwards."""
        transfer, values = self.get_object(), self.read_input(ChoiceSerializer)
        if values.get("client"):
            choose_credit(transfer=transfer, client=values["client"], **self.deed())
        else:
            choose_invoices(transfer=transfer, invoices=values["invoices"], **self.deed())
        return self.answer(transfer.pk)

    @extend_schema(request=None, responses=BankTransferSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Records the money as proposed; again, it changes nothing."""
        return self.answer(confirm_transfer(transfer=self.get_object(), **self.deed()).pk)

    @extend_schema(request=IgnoreSerializer, responses=BankTransferSerializer)
    @action(detail=True, methods=["post"])
    def ignore(self, request: Request, pk: str) -> Response:
        """It is no client's payment."""
        transfer, values = self.get_object(), self.read_input(IgnoreSerializer)
        return self.answer(ignore_transfer(transfer=transfer, reason=values["reason"], **self.deed()).pk)
