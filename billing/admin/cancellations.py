"""Cancellation requests (whmcs-behaviour §3.3): what clients want to end, and the operators' word before its day."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedCheckboxFilter

from billing.actions.cancellations import CancellationRefused, carry_out_now, withdraw_cancellation
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.deciding import decide_each
from billing.admin.objects import Chips, ObjectAdmin, history
from billing.admin.service_buttons import service_title
from billing.models import CancellationRequest, CancellationStatus
from billing.permissions import Permission
from billing.queries.cancellations import ends_on, with_end_of_period
from billing.queries.clock import database_now
from billing.templatetags.back_office import brief, state
from billing.templatetags.portal import day
from noc.day_range import DayRangeFilter

LONGEST_SHOWN = 60


class WishButton(Button[CancellationRequest]):
    """A decision on an open request."""

    permission = Permission.PERFORM_SERVER_OPERATIONS

    def is_shown(self, subject: CancellationRequest) -> bool:
        return subject.status == CancellationStatus.OPEN

    def title(self, subject: CancellationRequest | None) -> str:
        assert subject is not None
        return f"{self.label}: {service_title(subject.service)}"


class CarryOut(WishButton):
    """OPEN → DONE."""

    code = "carry-out"
    label = gettext_lazy("Carry out now")
    look = "danger"

    def explanation(self, subject: CancellationRequest | None) -> str:
        return _("The service ends now, at the partner too; nothing is paid back. The client gets a letter.")

    def run(self, subject: CancellationRequest | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        carry_out_now(wish=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("The service ends now."))


class Withdraw(WishButton):
    """OPEN → WITHDRAWN."""

    code = "withdraw"
    label = gettext_lazy("Take back")

    def explanation(self, subject: CancellationRequest | None) -> str:
        return _("The service goes on, and so do its invoices. The client gets a letter.")

    def run(self, subject: CancellationRequest | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        take_back(wish=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("The service goes on."))


def take_back(*, wish: CancellationRequest, actor: str, now: datetime) -> None:
    """As staff does it: the client is told."""
    withdraw_cancellation(wish=wish, actor=actor, now=now, is_client_told=True)


class WishChips(Chips):
    """What waits comes first."""

    title = gettext_lazy("what to show")

    def chips(self) -> Iterable[tuple[str, Any]]:
        states = [(value.lower(), label) for value, label in CancellationStatus.choices]
        return [*states, ("all", gettext_lazy("All"))]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        is_searched = "show" not in request.GET and request.GET.get("q")
        return queryset if code == "all" or is_searched else queryset.filter(status=code.upper())


@admin.register(CancellationRequest)
class CancellationRequestAdmin(ObjectAdmin):
    """What clients asked to end."""

    page_template = "admin/billing/cancellationrequest/page.html"
    buttons = (Withdraw(), CarryOut())
    list_display = ("state_badge", "number", "service_link", "client_link", "when", "due", "why", "requested")
    list_display_links = ("number",)
    list_filter = (
        WishChips,
        ("type", ChoicesCheckboxFilter),
        ("service__product", RelatedCheckboxFilter),
        ("requested_at", DayRangeFilter),
    )
    list_before_template = "admin/chips.html"
    search_fields = (
        "=id",
        "=service__id",
        "service__domain",
        "service__product__name",
        "service__client__email",
        "service__client__last_name",
        "service__client__company",
        "reason",
    )
    search_help_text = gettext_lazy("Number, service, product, e-mail or name of the client, reason")
    actions = ("withdraw_selected", "carry_out_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CancellationRequest]:
        return _with_all(super().get_queryset(request))

    def get_page_queryset(self) -> QuerySet[CancellationRequest]:
        return _with_all(CancellationRequest.objects.all())

    def page_title(self, subject: CancellationRequest) -> str:
        return _("Cancellation request %(number)s") % {"number": subject}

    def get_facts(self, request: HttpRequest, subject: CancellationRequest) -> dict[str, Any]:
        return {"events": history(service=subject.service), "due": ends_on(subject)}

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Nothing to select for those who may not end services."""
        found: dict[str, Any] = super().get_actions(request)
        return found if request.user.has_perm(Permission.PERFORM_SERVER_OPERATIONS) else {}

    @admin.action(description=gettext_lazy("Take back…"))
    def withdraw_selected(self, request: HttpRequest, queryset: QuerySet[CancellationRequest]) -> HttpResponse | None:
        """Asks with the list, then takes back one by one."""
        return self._decide(request, queryset, Withdraw(), take_back)

    @admin.action(description=gettext_lazy("Carry out now…"))
    def carry_out_selected(self, request: HttpRequest, queryset: QuerySet[CancellationRequest]) -> HttpResponse | None:
        """Asks with the list, then ends one by one."""
        return self._decide(request, queryset, CarryOut(), carry_out_now)

    def _decide(
        self,
        request: HttpRequest,
        queryset: QuerySet[CancellationRequest],
        button: WishButton,
        decide: Callable[..., None],
    ) -> HttpResponse | None:
        if not request.user.has_perm(button.permission):
            raise PermissionDenied
        chosen = list(queryset.order_by("pk"))
        if "confirmed" in request.POST:
            _decide_each(request, chosen, decide)
            return None
        context = {
            **self.frame(request, self._list_crumb),
            "title": f"{button.label}: {_count_words(len(chosen))}",
            "button": button,
            "explanation": button.explanation(None),
            "rows": [(wish, ends_on(wish)) for wish in chosen],
            "count": sum(button.is_shown(wish) for wish in chosen),
            "code": request.POST["action"],
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/billing/cancellationrequest/decide_selected.html", context)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state_badge(self, wish: CancellationRequest) -> SafeString:
        return state(wish.status, wish.get_status_display())

    @admin.display(description=gettext_lazy("number"), ordering="id")
    def number(self, wish: CancellationRequest) -> str:
        return str(wish)

    @admin.display(description=gettext_lazy("service"), ordering="service")
    def service_link(self, wish: CancellationRequest) -> SafeString:
        return _link("service", wish.service_id, service_title(wish.service))

    @admin.display(description=gettext_lazy("client"), ordering="service__client__last_name")
    def client_link(self, wish: CancellationRequest) -> SafeString:
        return _link("client", wish.service.client_id, str(wish.service.client))

    @admin.display(description=gettext_lazy("when"), ordering="type")
    def when(self, wish: CancellationRequest) -> str:
        return wish.get_type_display()

    @admin.display(description=gettext_lazy("ends on"), ordering="end_of_period")
    def due(self, wish: CancellationRequest) -> SafeString | str:
        return day(ends_on(wish))

    @admin.display(description=gettext_lazy("reason"))
    def why(self, wish: CancellationRequest) -> str:
        return Truncator(wish.reason).chars(LONGEST_SHOWN) or "—"

    @admin.display(description=gettext_lazy("requested at"), ordering="requested_at")
    def requested(self, wish: CancellationRequest) -> SafeString | str:
        return brief(wish.requested_at)


def _with_all(wishes: QuerySet[CancellationRequest]) -> QuerySet[CancellationRequest]:
    return with_end_of_period(wishes).select_related("service__client", "service__product")


def _link(name: str, pk: int, words: str) -> SafeString:
    return format_html('<a class="bo-link" href="{}">{}</a>', reverse(f"admin:billing_{name}_change", args=[pk]), words)


def _count_words(count: int) -> str:
    return ngettext("%(count)s request", "%(count)s requests", count) % {"count": count}


def _decide_each(request: HttpRequest, chosen: list[CancellationRequest], decide: Callable[..., None]) -> None:
    now = database_now()
    done = decide_each(
        request,
        chosen,
        lambda wish: decide(wish=wish, actor=str(request.user), now=now),
        refused=CancellationRefused,
        name_of=lambda wish: service_title(wish.service),
    )
    if done:
        words = ngettext("%(count)s request is settled.", "%(count)s requests are settled.", done)
        messages.success(request, words % {"count": done})
