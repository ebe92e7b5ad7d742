"""Partner accounts and their groups."""

from dataclasses import asdict

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from billing.actions.accounts import save_account, save_server_group, test_account
from billing.api.filters import ServerFilter, ServerGroupFilter
from billing.api.serializers.servers import (
    ConnectionTestSerializer,
    PriceListSerializer,
    ServerGroupSerializer,
    ServerSerializer,
)
from billing.api.views.base import RowsViewSet
from billing.permissions import Permission
from billing.queries.modules import may_open_module
from billing.queries.price_lists import SECTIONS, price_list
from noc.models import Server, ServerGroup


class ServerViewSet(RowsViewSet[Server]):
    """Partner accounts. Their passwords can be written, never read."""

    queryset = Server.objects.order_by("id")
    serializer_class = ServerSerializer
    filterset_class = ServerFilter
    reading = writing = Permission.MANAGE_SERVERS
    # Who may open the module's page may read this; the view asks.
    needs = {"price_list": Permission.VIEW}

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

    @extend_schema(
        parameters=[
            OpenApiParameter("search", str, description="An ID, or words of the name."),
            OpenApiParameter("section", str, enum=SECTIONS),
        ],
        responses=PriceListSerializer,
        filters=False,
    )
    @action(detail=True, url_path="price-list", pagination_class=None)
    def price_list(self, request: Request, pk: str) -> Response:
        """Product IDs of the account: its live list, and what the built-in table has besides."""
        server = self.get_object()
        if not may_open_module(self.caller.key.role, server.module):
            raise PermissionDenied
        search, section = request.query_params.get("search", ""), request.query_params.get("section", "")
        if section and section not in SECTIONS:
            raise serializers.ValidationError({"section": [_("There is no such section.")]})
        found = price_list(server, search=search, section=section)
        tariffs = [row for part in found.sections for row in part.rows]
        values = {"read_at": found.read_at, "trouble": found.trouble, "tariffs": tariffs}
        return Response(PriceListSerializer(values).data)


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
