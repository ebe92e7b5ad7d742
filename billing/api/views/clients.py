"""Clients."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from billing.actions.clients import register_client, update_client
from billing.actions.payments import add_credit
from billing.api.filters import ClientFilter
from billing.api.serializers.clients import ClientChangeSerializer, ClientSerializer, CreditSerializer
from billing.api.views.base import RowsViewSet
from billing.models import Client
from billing.permissions import Permission


class ClientViewSet(RowsViewSet[Client]):
    """Customers. A client's own key sees and changes its own client."""

    queryset = Client.objects.select_related("currency").order_by("id")
    serializer_class = ClientSerializer
    filterset_class = ClientFilter
    writing = Permission.MANAGE_CLIENTS
    needs = {"credit": Permission.MANAGE_INVOICES}
    client_actions = frozenset({"list", "retrieve", "partial_update"})
    client_path = "pk"

    def create(self, request: Request) -> Response:
        """Registers a client with its owner, who logs in by the e-mail."""
        client = register_client(**self.read_input(), **self.deed())
        return self.answer(client.pk, status=201)

    @extend_schema(request=ClientChangeSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes name, address, phone or language; e-mail and currency stay."""
        client = self.get_object()
        values = self.read_input(ClientChangeSerializer, instance=client)
        update_client(client=client, values=values, **self.deed())
        return self.answer(client.pk)

    @extend_schema(request=CreditSerializer, responses=ClientSerializer)
    @action(detail=True, methods=["post"])
    def credit(self, request: Request, pk: str) -> Response:
        """Adds money received in advance. Each call adds: look at `credit_balance` before sending it again."""
        client = self.get_object()
        add_credit(client=client, **self.read_input(CreditSerializer), **self.deed())
        return self.answer(client.pk)
