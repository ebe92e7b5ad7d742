"""Cancellation requests: a service that is to end, now or with what was paid for it."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from billing.actions.cancellations import (
    CancellationRefused,
    carry_out_now,
    request_cancellation,
    withdraw_cancellation,
)
from billing.api.filters import CancellationRequestFilter
from billing.api.serializers.cancellations import CancellationRequestSerializer, CancellationWishSerializer
from billing.api.views.base import Deed, RowsViewSet, is_new
from billing.models import CancellationRequest
from billing.permissions import Permission
from billing.queries.cancellations import open_cancellation, with_end_of_period


class CancellationRequestViewSet(RowsViewSet[CancellationRequest]):
    """What is to end, newest first. A client's own key asks for its services, and takes back what is still open."""

    queryset = with_end_of_period(CancellationRequest.objects.select_related("service")).order_by("-id")
    serializer_class = CancellationRequestSerializer
    filterset_class = CancellationRequestFilter
    writing = Permission.PERFORM_SERVER_OPERATIONS
    client_actions = frozenset({"list", "retrieve", "create", "withdraw"})
    client_path = "service__client_id"

    @extend_schema(
        request=CancellationWishSerializer,
        responses={
            201: CancellationRequestSerializer,
            200: OpenApiResponse(CancellationRequestSerializer, "The same was asked for already"),
        },
    )
    def create(self, request: Request) -> Response:
        """Asks for the end: IMMEDIATE ends the service at once, END_OF_PERIOD with the night its paid period ends."""
        deed = self.deed()
        wish = _ask(self.read_input(CancellationWishSerializer), deed)
        return self.answer(wish.pk, status=201 if is_new(wish.requested_at, deed) else 200)

    @extend_schema(request=None, responses=CancellationRequestSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """OPEN → WITHDRAWN: the service goes on. Where staff takes it back, the client gets a letter."""
        wish = self.get_object()
        withdraw_cancellation(wish=wish, is_client_told=self.caller.is_operator, **self.deed())
        return self.answer(wish.pk)

    @extend_schema(request=None, responses=CancellationRequestSerializer)
    @action(detail=True, methods=["post"], url_path="carry-out")
    def carry_out(self, request: Request, pk: str) -> Response:
        """OPEN → DONE today, whatever is paid. The client gets a letter."""
        wish = self.get_object()
        carry_out_now(wish=wish, **self.deed())
        return self.answer(wish.pk)


def _ask(values: Mapping[str, Any], deed: Deed) -> CancellationRequest:
    """The new request, or the open one that says the same. Raises CancellationRefused."""
    try:
        return request_cancellation(**values, **deed)
    except CancellationRefused:
        service = values["service"]
        known = open_cancellation(service.pk, client=service.client)
        if known is None or known.type != values["type"]:
            raise
        return known
