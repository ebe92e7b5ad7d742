"""Operations: what was done at the partner, attempt by attempt, like the page of an issue."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedCheckboxFilter

from billing.actions.provisioning import retry_operation
from billing.actions.provisioning.renewing import end_before
from billing.admin.buttons import REFUSALS, Button
from billing.admin.objects import Chips, ObjectAdmin, history
from billing.admin.operation_buttons import (
    CancelOperation,
    LookAgain,
    Retry,
    effect_words,
    operation_title,
    retry_words,
)
from billing.admin.operation_decisions import Adopt, GiveUp, NotBought
from billing.admin.operation_pages import attempts_with_calls, look_at_partner, poll_seconds
from billing.admin.pool import DeleteInstead
from billing.admin.service_buttons import service_title
from billing.models import SETTLED_STATUSES, Operation, OperationAttempt, OperationKind, OperationStatus
from billing.permissions import Permission
from billing.queries.attention import operations_for_a_person
from billing.queries.clock import database_now
from billing.templatetags.back_office import brief, situation, state
from noc.day_range import DayRangeFilter


class OperationChips(Chips):
    """What needs a person comes first."""

    title = gettext_lazy("what to show")

    def chips(self) -> Iterable[tuple[str, Any]]:
        return [
            ("attention", gettext_lazy("Needs attention")),
            ("open", gettext_lazy("Under way")),
            ("failed", OperationStatus.FAILED.label),
            ("done", OperationStatus.DONE.label),
            ("all", gettext_lazy("All")),
        ]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        # A search, or a status chosen by name, looks everywhere.
        is_asked = "show" not in request.GET and (request.GET.get("q") or "status__in" in request.GET)
        if code == "all" or is_asked:
            return queryset
        if code == "attention":
            return queryset.filter(pk__in=operations_for_a_person().order_by().values("pk"))
        if code == "open":
            return queryset.exclude(status__in=SETTLED_STATUSES)
        return queryset.filter(status=code.upper())


@admin.register(Operation)
class OperationAdmin(ObjectAdmin):
    """Everything that was asked of partners."""

    page_template = "admin/billing/operation/page.html"
    buttons = (Retry(), LookAgain(), Adopt(), NotBought(), GiveUp(), CancelOperation(), DeleteInstead())
    page_related = ("service__client", "service__product", "service__server", "server")
    list_display = ("state", "what", "client", "server_words", "message_words", "attempt", "asked", "due")
    list_display_links = ("what",)
    list_select_related = ("service__client", "service__product", "server")
    list_filter = (
        OperationChips,
        ("status", ChoicesCheckboxFilter),
        ("kind", ChoicesCheckboxFilter),
        ("server", RelatedCheckboxFilter),
        ("created_at", DayRangeFilter),
    )
    list_before_template = "admin/chips.html"
    search_fields = (
        "=id",
        "=service__id",
        "=remote_id",
        "=service__remote_id",
        "service__client__email",
        "requested_by",
    )
    search_help_text = gettext_lazy("Number, service, number at the partner, e-mail of the client")
    actions = ("retry_selected",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.candidates_view)
        own = [path("<int:object_id>/candidates/", view, name="billing_operation_candidates")]
        return own + super().get_urls()

    def find_button(self, code: str, subject: Operation) -> Button[Any]:
        """`adopt-700001` names the candidate in question."""
        if code.startswith(Adopt.prefix):
            return Adopt(code.removeprefix(Adopt.prefix))
        return super().find_button(code, subject)

    def candidates_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What is at the partner now, read when it is asked for."""
        subject: Operation = self.get_page_object(request, object_id)
        if not request.user.has_perm(Permission.PERFORM_SERVER_OPERATIONS):
            raise PermissionDenied
        context = {"subject": subject, "look": look_at_partner(subject), "do_url": "admin:billing_operation_do"}
        return TemplateResponse(request, "admin/billing/operation/candidates.html", context)

    def page_title(self, subject: Operation) -> str:
        return operation_title(subject)

    def get_facts(self, request: HttpRequest, subject: Operation) -> dict[str, Any]:
        read = OperationAttempt.objects.order_by("-number")
        with_history = Operation.objects.prefetch_related(Prefetch("history", read)).get(pk=subject.pk)
        (story,) = attempts_with_calls([with_history])
        facts = [subject.status, subject.attempt, subject.message, subject.run_after, len(story.attempts)]
        return {
            "effect": effect_words(subject),
            "attempts": story.attempts,
            "poll": poll_seconds(subject),
            "mark": hashlib.sha256(repr(facts).encode()).hexdigest()[:16],
            "may_look": subject.status == OperationStatus.NEEDS_CHECK
            and subject.server is not None
            and request.user.has_perm(Permission.PERFORM_SERVER_OPERATIONS),
            "end_before": end_before(subject) if subject.kind == OperationKind.RENEW else None,
            "params": [(name, value) for name, value in subject.params.items() if name != "automatic"],
            "snapshot": None
            if subject.snapshot is None or subject.kind == OperationKind.RENEW
            else json.dumps(subject.snapshot, ensure_ascii=False),
            "events": history(operation=subject),
        }

    @admin.action(description=gettext_lazy("Retry: run, look again or queue afresh, as each allows…"))
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Operation]) -> HttpResponse | None:
        """Asks with the list of what each retry means, then retries one by one."""
        if not request.user.has_perm(Permission.PERFORM_SERVER_OPERATIONS):
            raise PermissionDenied
        chosen = list(queryset.select_related(*self.page_related).order_by("id"))
        if "confirmed" not in request.POST:
            context = {
                **self.frame(request, self._list_crumb),
                "title": ngettext("Retry %(count)s operation", "Retry %(count)s operations", len(chosen))
                % {"count": len(chosen)},
                "rows": [(operation, operation_title(operation), retry_words(operation)) for operation in chosen],
                "checkbox_name": ACTION_CHECKBOX_NAME,
            }
            return TemplateResponse(request, "admin/billing/operation/retry_selected.html", context)
        self._retry_each(request, chosen)
        return None

    def _retry_each(self, request: HttpRequest, chosen: list[Operation]) -> None:
        done = 0
        for operation in chosen:
            try:
                retry_operation(operation=operation, actor=str(request.user), now=database_now())
                done += 1
            except REFUSALS as refusal:
                messages.warning(request, f"{operation_title(operation)}: {refusal}")
        if done:
            words = ngettext("%(count)s operation goes on.", "%(count)s operations go on.", done)
            messages.success(request, words % {"count": done})

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Nothing to select for those who may not run commands."""
        found: dict[str, Any] = super().get_actions(request)
        is_allowed = request.user.has_perm(Permission.PERFORM_SERVER_OPERATIONS)
        return found if is_allowed else {}

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, operation: Operation) -> SafeString:
        return state(operation.status, operation.get_status_display())

    @admin.display(description=gettext_lazy("operation"), ordering="id")
    def what(self, operation: Operation) -> str:
        return f"{operation.get_kind_display()} {service_title(operation.service)}"

    @admin.display(description=gettext_lazy("client"), ordering="service__client__last_name")
    def client(self, operation: Operation) -> str:
        return str(operation.service.client)

    @admin.display(description=gettext_lazy("server"), ordering="server__name")
    def server_words(self, operation: Operation) -> str:
        return operation.server.name if operation.server else "—"

    @admin.display(description=gettext_lazy("what it says"))
    def message_words(self, operation: Operation) -> str:
        return situation(operation)

    @admin.display(description=gettext_lazy("asked"), ordering="created_at")
    def asked(self, operation: Operation) -> SafeString | str:
        return brief(operation.created_at)

    @admin.display(description=pgettext_lazy("operation", "due"), ordering="run_after")
    def due(self, operation: Operation) -> SafeString | str:
        return "—" if operation.is_settled else brief(operation.run_after)
