"""Services and their module commands."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from billing.actions.certificates import PartMissing, download_certificate
from billing.actions.commands import change_service, run_command
from billing.api.filters import ServiceFilter
from billing.api.serializers.services import (
    CLIENT_COMMANDS,
    ChangeSerializer,
    CommandSerializer,
    QueuedSerializer,
    ServiceDetailSerializer,
    ServiceSerializer,
)
from billing.api.views.base import RowsViewSet
from billing.files import file_response
from billing.models import Service
from billing.permissions import Permission
from billing.queries.commands import COMMANDS, Audience


class ServiceViewSet(RowsViewSet[Service]):
    """What clients have. A client's own key may end and change its services; it renews by paying."""

    queryset = (
        Service.objects.select_related("currency", "order_line", "product", "server")
        .prefetch_related("field_values", "product__custom_fields")
        .order_by("-id")
    )
    serializer_class = ServiceDetailSerializer
    list_serializer_class = ServiceSerializer
    filterset_class = ServiceFilter
    writing = Permission.PERFORM_SERVER_OPERATIONS
    needs = {"certificate": Permission.PERFORM_SERVER_OPERATIONS}
    client_actions = frozenset({"list", "retrieve", "commands", "change", "certificate"})
    client_path = "client_id"

    @extend_schema(responses={(200, "application/x-pem-file"): OpenApiTypes.STR})
    @action(detail=True, methods=["get"], url_path="certificate/(?P<part>certificate|csr|key)")
    def certificate(self, request: Request, pk: str, part: str) -> HttpResponse:
        """A part of a certificate as a file in PEM: the certificate with its chain, its request or its private key."""
        service = self.get_object()
        audience: Audience = "operator" if self.caller.is_operator else "client"
        try:
            return file_response(download_certificate(service=service, part=part, audience=audience, **self.deed()))
        except PartMissing as error:
            raise NotFound(str(error)) from error

    @extend_schema(request=CommandSerializer, responses={202: QueuedSerializer})
    @action(detail=True, methods=["post"])
    def commands(self, request: Request, pk: str) -> Response:
        """Queues a module command and answers with its operation."""
        service = self.get_object()
        command = self.read_input(CommandSerializer)["command"]
        if not self.caller.is_operator and command in COMMANDS and command not in CLIENT_COMMANDS:
            raise PermissionDenied(_("Clients cannot give this command; a service is renewed by paying its invoice."))
        audience: Audience = "operator" if self.caller.is_operator else "client"
        operation = run_command(service=service, command=command, audience=audience, **self.deed())
        return Response(QueuedSerializer(operation).data, status=202)

    @extend_schema(request=ChangeSerializer, responses={202: QueuedSerializer})
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: str) -> Response:
        """Queues a change of name and IP address: the partner first, then here."""
        service = self.get_object()
        values = self.read_input(ChangeSerializer)
        if not values:
            raise ValidationError(_("Name what is to be changed: licname, ip or both."))
        operation = change_service(service=service, fields=values, **self.deed())
        return Response(QueuedSerializer(operation).data, status=202)
