"""The nightly run: what tonight will do, what it is doing, what each night did to which object (B6)."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.objects import ObjectAdmin
from billing.automation.brakes import read_usual
from billing.automation.night import thaw_amounts
from billing.automation.planning import preview_duty
from billing.automation.registry import get_duty
from billing.automation.starting import ask_to_go_on, release_duty, skip_duty
from billing.models import AutomationRun, DutyItem, DutyRun, DutyStatus
from billing.permissions import Permission
from billing.templatetags.back_office import brief, state
from billing.templatetags.portal import day, money

ITEMS_SHOWN: Final = 100
PREVIEWED: Final = 50
PAGES: Final = {
    "service": "admin:billing_service_change",
    "invoice": "admin:billing_invoice_change",
    "order": "admin:billing_order_change",
    "client": "admin:billing_client_change",
    "server": "admin:noc_server_change",
}
OBJECTS: Final = {
    "service": gettext_lazy("Service"),
    "invoice": gettext_lazy("Invoice"),
    "order": gettext_lazy("Order"),
    "client": gettext_lazy("Client"),
    "server": gettext_lazy("Server"),
}


class ReleaseDuty(Button[DutyRun]):
    """The word that a braked duty waits for."""

    code = "release"
    label = gettext_lazy("Let it go")
    permission = Permission.MANAGE_SETTINGS
    look = "danger"

    def is_shown(self, subject: DutyRun) -> bool:
        return subject.status == DutyStatus.BRAKED

    def title(self, subject: DutyRun | None) -> str:
        assert subject is not None
        return _("Let “%(duty)s” of %(day)s go") % {"duty": duty_label(subject), "day": subject.run.day}

    def explanation(self, subject: DutyRun | None) -> str:
        assert subject is not None
        text = _("It does what it planned, to %(count)s objects, without asking again. It stopped for: %(brake)s")
        return text % {"count": subject.planned_count, "brake": subject.brake}

    def run(self, subject: DutyRun | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        release_duty(duty_run=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("“%(duty)s” goes on.") % {"duty": duty_label(subject)})


class SkipDuty(Button[DutyRun]):
    """For what must not be done that day."""

    code = "skip"
    label = gettext_lazy("Skip this day")
    permission = Permission.MANAGE_SETTINGS

    def is_shown(self, subject: DutyRun) -> bool:
        return subject.status in (DutyStatus.BRAKED, DutyStatus.FAILED)

    def title(self, subject: DutyRun | None) -> str:
        assert subject is not None
        return _("Skip “%(duty)s” of %(day)s") % {"duty": duty_label(subject), "day": subject.run.day}

    def explanation(self, subject: DutyRun | None) -> str:
        return _("Nothing more is done for that day. The next night finds what is still to be done.")

    def run(self, subject: DutyRun | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        skip_duty(duty_run=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("“%(duty)s” is skipped for that day.") % {"duty": duty_label(subject)})


class GoOn(Button[AutomationRun]):
    """For who does not want to wait for the next ten minutes."""

    code = "go_on"
    label = gettext_lazy("Go on now")
    permission = Permission.MANAGE_SETTINGS

    def is_shown(self, subject: AutomationRun) -> bool:
        return subject.finished_at is None

    def title(self, subject: AutomationRun | None) -> str:
        return _("Go on with the nightly run now")

    def explanation(self, subject: AutomationRun | None) -> str:
        return _(
            "A worker plans the coming night afresh, or goes on with the one that was begun. Nothing is done twice, "
            "and no night begins before its hour."
        )

    def run(self, subject: AutomationRun | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        ask_to_go_on(actor=visit.actor, now=visit.now)
        return Outcome(_("A worker was asked. What it plans and does is seen here a moment later."))


class DoWhatIsDue(GoOn):
    """The same above the list, where a new portal has no night yet."""

    code = "due"
    label = gettext_lazy("Do what is due now")

    def title(self, subject: AutomationRun | None) -> str:
        return _("Do what is due now")

    def explanation(self, subject: AutomationRun | None) -> str:
        return _(
            "A worker goes on with nights that were begun, does today's if its hour has come, and plans the coming one "
            "afresh. Nothing is done twice."
        )


@admin.register(AutomationRun)
class AutomationRunAdmin(ObjectAdmin):
    """Nights: the coming one with its plan, those that were."""

    page_template = "admin/billing/automationrun/page.html"
    buttons = (GoOn(),)
    add_button = DoWhatIsDue()
    empty_words = gettext_lazy("Within ten minutes of the start of the portal a worker plans the coming night.")
    list_display = ("night", "state", "duties_done", "touched", "failed", "began", "ended")
    list_display_links = ("night",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        is_settled = Q(duties__status__in=[DutyStatus.DONE, DutyStatus.SKIPPED])
        found: QuerySet[Any] = super().get_queryset(request)
        is_asking = Q(duties__status__in=[DutyStatus.BRAKED, DutyStatus.FAILED])
        counted: QuerySet[Any] = found.annotate(
            all_duties=Count("duties"),
            settled_duties=Count("duties", filter=is_settled),
            waiting_duties=Count("duties", filter=is_asking),
        )
        return counted.prefetch_related("duties")

    def page_title(self, subject: AutomationRun) -> str:
        return _("Nightly run of %(day)s") % {"day": subject.day}

    def get_facts(self, request: HttpRequest, subject: AutomationRun) -> dict[str, Any]:
        duties = [_row(one) for one in subject.duties.order_by("position")]
        marks = [f"{row['run'].status}{row['run'].done_count}{row['run'].failed_count}" for row in duties]
        return {"duties": duties, "is_plan": subject.started_at is None, "mark": "-".join(marks)}

    @admin.display(description=gettext_lazy("day"), ordering="day")
    def night(self, run: AutomationRun) -> SafeString | str:
        return day(run.day)

    @admin.display(description=gettext_lazy("status"))
    def state(self, run: Any) -> SafeString:
        if run.started_at is None:
            return state("", _("Planned"))
        if run.waiting_duties:
            return state(DutyStatus.BRAKED, _("Waits for you"))
        return state(DutyStatus.DONE, _("Done")) if run.finished_at else state(DutyStatus.RUNNING, _("Running"))

    @admin.display(description=gettext_lazy("duties"))
    def duties_done(self, run: Any) -> str:
        return f"{run.settled_duties}/{run.all_duties}"

    @admin.display(description=gettext_lazy("objects"))
    def touched(self, run: Any) -> int:
        return sum(one.done_count if run.started_at else one.planned_count for one in run.duties.all())

    @admin.display(description=gettext_lazy("failed"))
    def failed(self, run: Any) -> int | str:
        return sum(one.failed_count for one in run.duties.all()) or "—"

    @admin.display(description=gettext_lazy("started"), ordering="started_at")
    def began(self, run: AutomationRun) -> SafeString | str:
        return brief(run.started_at)

    @admin.display(description=gettext_lazy("finished"), ordering="finished_at")
    def ended(self, run: AutomationRun) -> SafeString | str:
        return brief(run.finished_at)


@admin.register(DutyRun)
class DutyRunAdmin(ObjectAdmin):
    """One duty of one night with each object that it touched."""

    page_template = "admin/billing/dutyrun/page.html"
    buttons = (ReleaseDuty(), SkipDuty())
    page_related = ("run",)
    list_display = ("duty_words", "night", "state", "done_count", "failed_count")
    list_select_related = ("run",)

    def page_title(self, subject: DutyRun) -> str:
        return _("%(duty)s, %(day)s") % {"duty": duty_label(subject), "day": subject.run.day}

    def get_facts(self, request: HttpRequest, subject: DutyRun) -> dict[str, Any]:
        items = DutyItem.objects.filter(duty_run=subject).order_by("-is_failed", "id")
        page = Paginator(items, ITEMS_SHOWN).get_page(request.GET.get("p"))
        return {
            **_row(subject),
            "items": [_shown(one.object_type, one.object_id, one, one.amount, one.currency_id) for one in page],
            "page_of_items": page,
            "preview": _preview(subject) if not subject.started_at or subject.status == DutyStatus.BRAKED else None,
        }

    @admin.display(description=gettext_lazy("duty"), ordering="duty")
    def duty_words(self, duty_run: DutyRun) -> str:
        return duty_label(duty_run)

    @admin.display(description=gettext_lazy("day"), ordering="run__day")
    def night(self, duty_run: DutyRun) -> SafeString | str:
        return day(duty_run.run.day)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, duty_run: DutyRun) -> SafeString:
        return state(duty_run.status, duty_run.get_status_display())


def duty_label(duty_run: DutyRun) -> str:
    """What the duty is called."""
    duty = get_duty(duty_run.duty)
    return str(duty.label) if duty else duty_run.duty


def _row(duty_run: DutyRun) -> dict[str, Any]:
    duty, usual = get_duty(duty_run.duty), read_usual(duty_run.duty)
    return {
        "run": duty_run,
        "label": duty_label(duty_run),
        "words": duty.words if duty else "",
        "address": reverse("admin:billing_dutyrun_change", args=[duty_run.pk]),
        "planned_amounts": amounts_words(duty_run.planned_amounts),
        "done_amounts": amounts_words(duty_run.done_amounts),
        "usual": usual if usual.nights else None,
    }


def amounts_words(stored: Any) -> SafeString:
    """Amounts by currency, one a line."""
    rows = [(money(amount, currency),) for currency, amount in thaw_amounts(stored).items()]
    return format_html_join(mark_safe("<br>"), "{}", rows)


def _link(object_type: str, object_id: int) -> SafeString | str:
    words = f"{OBJECTS.get(object_type, '')} #{object_id}".strip()
    if object_type not in PAGES or not object_id:
        return words if object_id > 0 and object_type in OBJECTS else "—"
    return format_html('<a class="bo-link" href="{}">{}</a>', reverse(PAGES[object_type], args=[object_id]), words)


def _shown(object_type: str, object_id: int, one: Any, amount: Any, currency_id: str) -> tuple[Any, Any, Any]:
    """A link to the object, what was done to it, how much money that is."""
    return _link(object_type, object_id), one, money(amount, currency_id) if amount is not None else ""


def _preview(duty_run: DutyRun) -> list[tuple[Any, Any, Any]] | None:
    """What it would do by what is known now."""
    duty = get_duty(duty_run.duty)
    if duty is None:
        return None
    found = preview_duty(duty, day=duty_run.run.day, now=timezone.now(), limit=PREVIEWED)
    return [_shown(one.object_type, one.object_id, one, one.amount, one.currency_id) for one in found]
