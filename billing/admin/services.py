"""Services: the facts, the fields and the module commands of guide B, with what they do shown as it happens."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter, RelatedCheckboxFilter

from billing.actions.certificates import PartMissing, download_certificate
from billing.actions.commands import change_service, run_command
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.objects import Chips, ObjectAdmin, history, words_filter
from billing.admin.operation_pages import attempts_with_calls, poll_seconds
from billing.files import file_response
from billing.models import ENDED_STATUSES, Operation, OperationAttempt, Service, ServiceField, ServiceStatus
from billing.permissions import Permission
from billing.queries.certificates import certificate_card
from billing.queries.commands import COMMANDS, Command, all_commands, available_commands, why_not
from billing.queries.services import field_rows, field_values
from billing.templatetags.back_office import state
from billing.templatetags.portal import day
from catalog.modules import KIND_LABELS
from noc.kinds import get_kind

SHOWN_OPERATIONS = 10


class CommandButton(Button[Service]):
    """A module command: Create, Renew, Terminate, Sync."""

    permission = Permission.PERFORM_SERVER_OPERATIONS

    def __init__(self, code: str) -> None:
        self.code = code  # type: ignore[misc]

    def title(self, subject: Service | None) -> str:
        assert subject is not None
        return f"{self._command(subject).label}: {service_title(subject)}"

    def explanation(self, subject: Service | None) -> str:
        assert subject is not None
        return why_not(subject, self.code) or self._command(subject).explanation

    def run(self, subject: Service | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        operation = run_command(service=subject, command=self.code, actor=visit.actor, now=visit.now)
        return Outcome(_("Operation %(number)s is under way; its outcome shows below.") % {"number": operation.pk})

    def dressed(self, command: Command) -> "CommandButton":
        """This button with the words of the command for one service."""
        self_for_service = type(self)(self.code)
        self_for_service.label = command.label
        self_for_service.look = "danger" if command.is_destructive else "plain"
        return self_for_service

    def _command(self, service: Service) -> Command:
        return next(command for command in all_commands(service) if command.code == self.code)


class ChangeForm(BackOfficeForm):
    """One text field for each value that the kind lets change, filled with what it is now."""

    def __init__(self, service: Service, data: Any) -> None:
        specs = get_kind(service.kind).fields_for(service.tariff_id) if service.kind else ()
        keys = get_kind(service.kind).change_fields if service.kind else ()
        more = {
            spec.key: forms.CharField(label=str(spec.label), help_text=str(spec.description), required=False)
            for spec in specs
            if spec.key in keys
        }
        super().__init__(data, initial=field_values(service), more=more)


class ChangeButton(CommandButton):
    """*Change name and IP*: asks for the new values."""

    def make_form(self, subject: Service | None, data: Any) -> forms.Form:
        assert subject is not None
        return ChangeForm(subject, data)

    def run(self, subject: Service | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        operation = change_service(service=subject, fields=values, actor=visit.actor, now=visit.now)
        return Outcome(_("Operation %(number)s is under way; its outcome shows below.") % {"number": operation.pk})


def service_title(service: Service) -> str:
    """`ispmanager lite #7`."""
    return f"{service.product.name} #{service.pk}"


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
    buttons = (*(CommandButton(code) for code in COMMANDS if code != "change"), ChangeButton("change"))
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
        "field_values__plain_value",
    )
    search_help_text = gettext_lazy("Number, number at the partner, e-mail of the client, IP or value of a field")

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
        return [self.find_button(command.code, subject) for command in available_commands(subject)]

    def find_button(self, code: str, subject: Service) -> Button[Any]:
        """In the words for this service, even where the command does not fit."""
        button = super().find_button(code, subject)
        command = next(command for command in all_commands(subject) if command.code == code)
        return button.dressed(command)  # type: ignore[attr-defined, no-any-return]

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
            "invoice_lines": list(
                subject.invoice_lines.select_related("invoice").filter(is_voided=False).order_by("-id")[:12]
            ),
            "events": history(service=subject),
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
        return service_title(service)

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
    facts = [service.status, service.remote_id, service.expires_on, service.synced_at, service.next_due_date]
    steps = [[operation.pk, operation.status, operation.attempt, operation.message] for operation in operations]
    return hashlib.sha256(repr([facts, steps]).encode()).hexdigest()[:16]
