"""Services: the facts, the fields and the module commands of guide B, with what they do shown as it happens."""

import hashlib
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter, RelatedCheckboxFilter

from billing.actions.certificates import PartMissing, download_certificate
from billing.actions.cycles import why_not_cycle
from billing.actions.fields import note_secret_shown
from billing.admin.buttons import Button
from billing.admin.objects import Chips, ObjectAdmin, history, words_filter
from billing.admin.operation_pages import attempts_with_calls, poll_seconds
from billing.admin.service_buttons import (
    ChangeButton,
    CommandButton,
    CycleButton,
    NextInvoiceButton,
    RenewButton,
    service_title,
)
from billing.admin.suspension_buttons import KeepButton, SuspendButton, UnsuspendButton
from billing.files import file_response
from billing.models import (
    ENDED_STATUSES,
    FindingStatus,
    Operation,
    OperationAttempt,
    Service,
    ServiceField,
    ServiceStatus,
)
from billing.permissions import Permission
from billing.queries.certificates import certificate_card
from billing.queries.clock import database_now
from billing.queries.commands import COMMANDS, all_commands, available_commands
from billing.queries.nodes import node_counts
from billing.queries.renewal_terms import renewals_left_words
from billing.queries.services import field_rows
from billing.queries.suspensions import suspension_of
from billing.templatetags.back_office import state
from billing.templatetags.portal import day
from catalog.domains import domain_words
from catalog.modules import KIND_LABELS

SHOWN_OPERATIONS = 10


class ServiceChips(Chips):
    """Services by state."""

    title = gettext_lazy("status")

    def chips(self) -> Iterable[tuple[str, Any]]:
        return [
            ("all", gettext_lazy("All")),
            ("active", ServiceStatus.ACTIVE.label),
            ("pending", ServiceStatus.PENDING.label),
            ("suspended", ServiceStatus.SUSPENDED.label),
            ("ended", gettext_lazy("Ended")),
        ]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        if code == "all":
            return queryset
        return queryset.filter(status__in=ENDED_STATUSES if code == "ended" else [code.upper()])


@admin.register(Service)
class ServiceAdmin(ObjectAdmin):
    """What clients have."""

    page_template = "admin/billing/service/page.html"
    buttons = (
        *(CommandButton(code) for code in COMMANDS if code not in ("change", "renew")),
        RenewButton("renew"),
        ChangeButton("change"),
        CycleButton(),
        NextInvoiceButton(),
        SuspendButton(),
        UnsuspendButton(),
        KeepButton(),
    )
    list_display = ("state", "service_words", "client", "server_words", "remote_id", "next_due", "end_at_partner")
    list_display_links = ("service_words",)
    list_select_related = ("client", "product", "server")
    list_filter = (
        ServiceChips,
        ("server", RelatedCheckboxFilter),
        words_filter("kind", gettext_lazy("kind"), KIND_LABELS),
        ("product", RelatedCheckboxFilter),
        ("next_due_date", RangeDateFilter),
        ("expires_on", RangeDateFilter),
    )
    list_before_template = "admin/chips.html"
    search_fields = (
        "=id",
        "=remote_id",
        "client__email",
        "client__last_name",
        "dedicated_ip",
        "domain",
        "field_values__plain_value",
    )
    search_help_text = gettext_lazy(
        "Number, number at the partner, e-mail of the client, IP, domain or value of a field"
    )

    def get_urls(self) -> list[URLPattern]:
        reveal = self.admin_site.admin_view(self.reveal_view)
        download = self.admin_site.admin_view(self.certificate_view)
        own = [
            path("<int:object_id>/fields/<str:key>/", reveal, name="billing_service_field"),
            path("<int:object_id>/certificate/<slug:part>/", download, name="billing_service_certificate"),
        ]
        return own + super().get_urls()

    def get_page_queryset(self) -> QuerySet[Service]:
        return Service.objects.select_related(
            "client", "product", "server", "currency", "order_line__order", "parent__product"
        ).prefetch_related(Prefetch("field_values", ServiceField.objects.all()), "product__custom_fields")

    def page_title(self, subject: Service) -> str:
        return service_title(subject)

    def get_buttons(self, subject: Service) -> list[Button[Any]]:
        """The commands that fit now, in their order; the harmful one is last."""
        commands = [self.find_button(command.code, subject) for command in available_commands(subject)]
        harmless = [button for button in commands if button.look != "danger"]
        others: list[Button[Any]] = [CycleButton()] if not why_not_cycle(subject) else []
        fitting = (NextInvoiceButton(), UnsuspendButton(), KeepButton(), SuspendButton())
        others += [button for button in fitting if button.is_shown(subject)]
        return [*harmless, *others, *(button for button in commands if button not in harmless)]

    def find_button(self, code: str, subject: Service) -> Button[Any]:
        """In the words for this service, even where the command does not fit."""
        button = super().find_button(code, subject)
        if not isinstance(button, CommandButton):
            return button
        command = next(command for command in all_commands(subject) if command.code == code)
        return button.dressed(command)

    def get_facts(self, request: HttpRequest, subject: Service) -> dict[str, Any]:
        operations = list(
            subject.operations.select_related("server")
            .prefetch_related(Prefetch("history", OperationAttempt.objects.order_by("-number")))
            .order_by("-id")[:SHOWN_OPERATIONS]
        )
        return {
            "fields": field_rows(subject, audience="operator"),
            "certificate": certificate_card(subject, audience="operator"),
            "operations": attempts_with_calls(operations),
            "current": _current(operations),
            "poll": min(filter(None, map(poll_seconds, operations)), default=0),
            "mark": _mark(subject, operations),
            "children": list(subject.children.select_related("product").order_by("id")),
            "nodes": node_counts(subject),
            "findings": list(subject.findings.filter(status=FindingStatus.OPEN).order_by("-last_seen_at", "id")),
            "invoice_lines": list(
                subject.invoice_lines.select_related("invoice").filter(is_voided=False).order_by("-id")[:12]
            ),
            "events": history(service=subject),
            "renewals_left": renewals_left_words(subject),
            "suspension": suspension_of(subject),
            "may_reveal": request.user.has_perm(Permission.PERFORM_SERVER_OPERATIONS),
            "order": subject.order_line.order,
        }

    def reveal_view(self, request: HttpRequest, object_id: int, key: str) -> HttpResponse:
        """The value of one secret field, for those who may run commands."""
        subject: Service = self.get_page_object(request, object_id)
        if not request.user.has_perm(Permission.PERFORM_SERVER_OPERATIONS):
            raise PermissionDenied
        for row in field_rows(subject, audience="operator"):
            if row.key == key:
                note_secret_shown(service=subject, key=key, actor=str(request.user), now=database_now())
                return HttpResponse(format_html('<code class="bo-secret">{}</code>', row.value))
        raise Http404

    def certificate_view(self, request: HttpRequest, object_id: int, part: str) -> HttpResponse:
        """A part of a certificate as a file, for those who may run commands."""
        subject: Service = self.get_page_object(request, object_id)
        if request.method != "GET" or not request.user.has_perm(Permission.PERFORM_SERVER_OPERATIONS):
            raise PermissionDenied
        try:
            actor = request.user.get_username()
            file = download_certificate(service=subject, part=part, actor=actor, now=timezone.now())
        except PartMissing as error:
            raise Http404 from error
        return file_response(file)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, service: Service) -> SafeString:
        return state(service.status, service.get_status_display())

    @admin.display(description=gettext_lazy("service"), ordering="id")
    def service_words(self, service: Service) -> str:
        units = f"× {service.quantity}" if service.quantity > 1 else ""
        return " ".join(filter(None, (service_title(service), units, domain_words(service.domain))))

    @admin.display(description=gettext_lazy("server"), ordering="server__name")
    def server_words(self, service: Service) -> str:
        return service.server.name if service.server else "—"

    @admin.display(description=gettext_lazy("next due"), ordering="next_due_date")
    def next_due(self, service: Service) -> SafeString | str:
        return day(service.next_due_date)

    @admin.display(description=gettext_lazy("end at the partner"), ordering="expires_on")
    def end_at_partner(self, service: Service) -> SafeString | str:
        return day(service.expires_on)


def _current(operations: list[Operation]) -> Operation | None:
    """What the page speaks of on top: the newest unsettled operation, else the newest of all."""
    return next((operation for operation in operations if not operation.is_settled), next(iter(operations), None))


def _mark(service: Service, operations: list[Operation]) -> str:
    """Changes whenever the page would say something else."""
    facts = [
        service.status,
        service.remote_id,
        service.expires_on,
        service.synced_at,
        service.next_due_date,
        service.keep_until,
    ]
    steps = [[operation.pk, operation.status, operation.attempt, operation.message] for operation in operations]
    return hashlib.sha256(repr([facts, steps]).encode()).hexdigest()[:16]
