"""Orders."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.order_decisions import accept_order, cancel_order, mark_order_fraud
from billing.actions.ordering import place_order
from billing.api.filters import OrderFilter
from billing.api.idempotency import HEADER, read_checkout_key
from billing.api.serializers.orders import OrderFraudSerializer, OrderRequestSerializer, OrderSerializer
from billing.api.views.base import RowsViewSet, is_new
from billing.models import Order
from billing.permissions import Permission

KEY_PARAMETER = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="1 to 100 printable ASCII characters. The same key with the same body gives the same order.",
)


class OrderViewSet(RowsViewSet[Order]):
    """What clients asked for. A client's own key orders for itself."""

    queryset = Order.objects.select_related("currency", "invoice").prefetch_related("lines__services").order_by("-id")
    serializer_class = OrderSerializer
    filterset_class = OrderFilter
    writing = Permission.MANAGE_ORDERS
    client_actions = frozenset({"list", "retrieve", "create"})
    client_path = "client_id"

    @extend_schema(
        request=OrderRequestSerializer,
        parameters=[KEY_PARAMETER],
        responses={201: OrderSerializer, 200: OpenApiResponse(OrderSerializer, "The order that this key stands for")},
    )
    def create(self, request: Request) -> Response:
        """Places an order: its services, its invoice, and what is bought at once."""
        checkout_key = read_checkout_key(request, self.caller.key)
        values = self.read_input(OrderRequestSerializer)
        deed = self.deed()
        order = place_order(checkout=_read_checkout(values, checkout_key), **deed)
        return self.answer(order.pk, status=201 if is_new(order.placed_at, deed) else 200)

    @extend_schema(request=None, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """PENDING → ACTIVE; purchases that waited for acceptance go on."""
        return self.answer(accept_order(order=self.get_object(), **self.deed()).pk)

    @extend_schema(request=None, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """PENDING → CANCELLED; paid money becomes credit, what was bought ends."""
        return self.answer(cancel_order(order=self.get_object(), **self.deed()).pk)

    @extend_schema(request=OrderFraudSerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def fraud(self, request: Request, pk: str) -> Response:
        """PENDING or ACTIVE → FRAUD; what was never bought is not bought, paid money becomes credit."""
        order = self.get_object()
        values = self.read_input(OrderFraudSerializer)
        return self.answer(mark_order_fraud(order=order, **values, **self.deed()).pk)


def _read_checkout(values: Mapping[str, Any], key: str) -> Checkout:
    return Checkout(
        client=values["client"],
        items=[_read_item(item) for item in values["items"]],
        payment_method=values["payment_method"],
        key=key,
        notes=values["notes"],
        promo_code=values["promo_code"],
        uses_credit=values["uses_credit"],
        is_terms_accepted=values["is_terms_accepted"],
    )


def _read_item(values: Mapping[str, Any]) -> ItemRequest:
    return ItemRequest(
        product=values["product"],
        cycle=values["cycle"],
        quantity=values["quantity"],
        fields=values["fields"],
        options=values["options"],
        domain=values["domain"],
        parent=values.get("parent"),
        parent_item=values.get("parent_item"),
        is_item_unchecked=values["is_item_unchecked"],
    )
