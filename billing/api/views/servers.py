"""Partner accounts and their groups."""

from dataclasses import asdict

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from billing.actions.accounts import save_account, save_server_group, test_account
from billing.api.filters import ServerFilter, ServerGroupFilter
from billing.api.serializers.servers import ConnectionTestSerializer, ServerGroupSerializer, ServerSerializer
from billing.api.views.base import RowsViewSet
from billing.permissions import Permission
from noc.models import Server, ServerGroup


class ServerViewSet(RowsViewSet[Server]):
    """Partner accounts. Their passwords can be written, never read."""

    queryset = Server.objects.order_by("id")
    serializer_class = ServerSerializer
    filterset_class = ServerFilter
    reading = writing = Permission.MANAGE_SERVERS

    def create(self, request: Request) -> Response:
        """Connects an account. The first one becomes the default server."""
        server = save_account(values=self.read_input(), **self.deed())
        return self.answer(server.pk, status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes what is given; a new login is trusted again, and what waited for the account goes on."""
        server = self.get_object()
        save_account(values=self.read_input(instance=server), server=server, **self.deed())
        return self.answer(server.pk)

    @extend_schema(request=None, responses=ConnectionTestSerializer)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Logs in at the partner and says in words what works or what is wrong."""
        result = test_account(server=self.get_object(), **self.deed())
        return Response(ConnectionTestSerializer(asdict(result)).data)


class ServerGroupViewSet(RowsViewSet[ServerGroup]):
    """Groups of servers that a product may be bought from."""

    queryset = ServerGroup.objects.prefetch_related("servers").order_by("id")
    serializer_class = ServerGroupSerializer
    filterset_class = ServerGroupFilter
    writing = Permission.MANAGE_SERVERS

    def create(self, request: Request) -> Response:
        """Makes a group of servers."""
        values = self.read_input()
        group = save_server_group(servers=values.pop("servers", []), values=values, **self.deed())
        return self.answer(group.pk, status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes what is given; `servers`, where given, replace the members."""
        group = self.get_object()
        values = self.read_input(instance=group)
        save_server_group(servers=values.pop("servers", None), values=values, group=group, **self.deed())
        return self.answer(group.pk)
