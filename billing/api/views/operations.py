"""Operations: how far what was asked for is, and what a person may do about it."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from billing.actions.provisioning import cancel_operation, resolve_operation, retry_operation
from billing.api.filters import OperationFilter
from billing.api.serializers.operations import OperationDetailSerializer, OperationSerializer, ResolveSerializer
from billing.api.views.base import RowsViewSet
from billing.models import Operation
from billing.permissions import Permission


class OperationViewSet(RowsViewSet[Operation]):
    """What is done at the partner, newest first. Reading one shows each attempt."""

    queryset = Operation.objects.select_related("service").prefetch_related("history").order_by("-id")
    serializer_class = OperationDetailSerializer
    list_serializer_class = OperationSerializer
    filterset_class = OperationFilter
    writing = Permission.PERFORM_SERVER_OPERATIONS
    client_actions = frozenset({"list", "retrieve"})
    client_path = "service__client_id"

    @extend_schema(request=None, responses=OperationDetailSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Runs what waits, looks again where the outcome is open; a failed one is queued afresh under a new id."""
        return self.answer(retry_operation(operation=self.get_object(), **self.deed()).pk)

    @extend_schema(request=ResolveSerializer, responses=OperationDetailSerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        """A person's word on what the evidence left open; what is tried again may go on under a new id."""
        operation = self.get_object()
        return self.answer(
            resolve_operation(operation=operation, **self.read_input(ResolveSerializer), **self.deed()).pk
        )

    @extend_schema(request=None, responses=OperationDetailSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancels what was never sent."""
        return self.answer(cancel_operation(operation=self.get_object(), **self.deed()).pk)
