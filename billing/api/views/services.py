"""Services and their module commands."""

from collections.abc import Mapping
from typing import ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from billing.actions.certificates import PartMissing, download_certificate
from billing.actions.commands import CommandNotAllowed, change_service, run_command
from billing.actions.cycles import change_cycle
from billing.actions.provisioning.renewal_offers import ask_renewal_form
from billing.actions.renewals import issue_renewal_now
from billing.actions.suspending import keep_service, suspend_service, unsuspend_service
from billing.api.filters import ServiceFilter
from billing.api.problems import PartnerSilent
from billing.api.serializers.invoices import InvoiceSerializer
from billing.api.serializers.services import (
    BY_PAYING,
    RENEWALS_ISSUED,
    ChangeSerializer,
    CommandSerializer,
    CycleSerializer,
    KeepSerializer,
    QueuedSerializer,
    RenewalOfferSerializer,
    ServiceDetailSerializer,
    ServiceSerializer,
    SuspendSerializer,
)
from billing.api.views.base import RowsViewSet
from billing.files import file_response
from billing.models import Invoice, Service
from billing.permissions import Permission
from billing.queries.clock import business_date
from billing.queries.commands import Audience, why_not
from billing.queries.renewal_terms import renewals_issued

# Refused before the service is asked: no state of it would make them fit.
STAFF_COMMANDS = ("create", "sync")


class ServiceViewSet(RowsViewSet[Service]):
    """What clients have. A client's own key may end and change its services; it renews by paying."""

    queryset = (
        Service.objects.select_related("currency", "order_line", "product", "server")
        .prefetch_related("field_values", "product__custom_fields")
        .annotate(**{RENEWALS_ISSUED: renewals_issued()})
        .order_by("-id")
    )
    serializer_class = ServiceDetailSerializer
    list_serializer_class = ServiceSerializer
    filterset_class = ServiceFilter
    writing = Permission.PERFORM_SERVER_OPERATIONS
    client_actions = frozenset({"list", "retrieve", "commands", "change", "certificate", "renewal_invoice"})
    client_path = "client_id"
    needs: ClassVar[Mapping[str, Permission]] = {
        "certificate": Permission.PERFORM_SERVER_OPERATIONS,
        "renewal_form": Permission.PERFORM_SERVER_OPERATIONS,
        "cycle": Permission.MANAGE_ORDERS,
        "keep": Permission.MANAGE_ORDERS,
        "renewal_invoice": Permission.MANAGE_ORDERS,
    }

    @property
    def audience(self) -> Audience:
        """For whom the kinds' commands are asked."""
        return "operator" if self.caller.is_operator else "client"

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
        values = self.read_input(CommandSerializer)
        audience = self.audience
        if audience == "client" and values["command"] in (BY_PAYING, *STAFF_COMMANDS):
            raise PermissionDenied(_("Clients cannot give this command; a service is renewed by paying its invoice."))
        operation = run_command(service=service, audience=audience, **values, **self.deed())
        return Response(QueuedSerializer(operation).data, status=202)

    @extend_schema(responses=RenewalOfferSerializer)
    @action(detail=True, methods=["get"], url_path="renewal-form")
    def renewal_form(self, request: Request, pk: str) -> Response:
        """The partner's renewal form, read now: periods, dates and cost. Nothing is bought."""
        service = self.get_object()
        refusal = why_not(service, "renew")
        if refusal:
            raise CommandNotAllowed(refusal)
        offer = ask_renewal_form(service)
        if offer.trouble:
            raise PartnerSilent(offer.trouble)
        return Response(RenewalOfferSerializer(offer).data)

    @extend_schema(request=None, responses=InvoiceSerializer)
    @action(detail=True, methods=["post"], url_path="renewal-invoice")
    def renewal_invoice(self, request: Request, pk: str) -> Response:
        """The invoice of the next period, before it comes by itself; the open one where there is one already.

        A client's own key may ask inside the window that the product or the store gives, operators always.
        """
        deed = self.deed()
        on = business_date(deed["now"])
        invoice = issue_renewal_now(service=self.get_object(), on=on, audience=self.audience, **deed)
        rows = Invoice.objects.select_related("currency").prefetch_related("lines", "payments", "credit_notes__lines")
        return Response(InvoiceSerializer(rows.get(pk=invoice.pk), context=self.get_serializer_context()).data)

    @extend_schema(request=CycleSerializer, responses=ServiceDetailSerializer)
    @action(detail=True, methods=["post"])
    def cycle(self, request: Request, pk: str) -> Response:
        """Changes the billing cycle from the next invoice on; what is paid stays paid."""
        changed = change_cycle(service=self.get_object(), **self.read_input(CycleSerializer), **self.deed())
        return self.answer(changed.pk)

    @extend_schema(request=SuspendSerializer, responses=ServiceDetailSerializer)
    @action(detail=True, methods=["post"])
    def suspend(self, request: Request, pk: str) -> Response:
        """ACTIVE → SUSPENDED, for products without a module; no payment lifts it. The client gets a letter."""
        changed = suspend_service(service=self.get_object(), **self.read_input(SuspendSerializer), **self.deed())
        return self.answer(changed.pk)

    @extend_schema(request=KeepSerializer, responses=ServiceDetailSerializer)
    @action(detail=True, methods=["post"])
    def unsuspend(self, request: Request, pk: str) -> Response:
        """SUSPENDED → ACTIVE, whatever the cause. The night suspends it again if it is unpaid, unless kept."""
        changed = unsuspend_service(service=self.get_object(), **self.read_input(KeepSerializer), **self.deed())
        return self.answer(changed.pk)

    @extend_schema(request=KeepSerializer, responses=ServiceDetailSerializer)
    @action(detail=True, methods=["post"])
    def keep(self, request: Request, pk: str) -> Response:
        """Leaves it alone until a day though it is unpaid: neither suspended nor ended."""
        values = self.read_input(KeepSerializer)
        changed = keep_service(service=self.get_object(), until=values["keep_until"], **self.deed())
        return self.answer(changed.pk)

    @extend_schema(request=ChangeSerializer, responses={202: QueuedSerializer})
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: str) -> Response:
        """Queues a change of name and IP address: the partner first, then here."""
        service = self.get_object()
        values = self.read_input(ChangeSerializer)
        if not values:
            raise ValidationError(_("Name what is to be changed: licname, ip or both."))
        operation = change_service(service=service, fields=values, audience=self.audience, **self.deed())
        return Response(QueuedSerializer(operation).data, status=202)
