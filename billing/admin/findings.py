"""Findings of reconciliation: what disagrees, what it costs, and one button for each way to put it right (L11)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedCheckboxFilter

from billing.actions.reconciliation import apply_remedy
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.objects import Chips, ObjectAdmin, words_filter
from billing.admin.service_buttons import service_title
from billing.models import Event, Finding, FindingStatus, Service
from billing.permissions import Permission
from billing.queries.findings import (
    ADOPT,
    CORRECT_HERE,
    CORRECT_THERE,
    IGNORE,
    LABELS,
    MONEY_SORTS,
    TERMINATE_THERE,
    Remedy,
    adoption_candidates,
    remedies_for,
    remedy_of,
    stake_of,
    value_words,
)
from billing.templatetags.back_office import brief, state
from billing.templatetags.portal import money
from catalog.modules import KIND_LABELS

CANDIDATES = 200


def finding_title(finding: Finding) -> str:
    """`Bought twice · 700001 at EU account`."""
    words = _("%(what)s · %(number)s at %(server)s")
    return words % {"what": finding.get_sort_display(), "number": finding.remote_id, "server": finding.server}


class RemedyButton(Button[Finding]):
    """One remedy. The same table says what it is called, what it does and which findings it fits."""

    permission = Permission.PERFORM_SERVER_OPERATIONS

    def __init__(self, code: str) -> None:
        self.code = code  # type: ignore[misc]
        self.label = LABELS[code]
        self.look = "danger" if code == TERMINATE_THERE else "plain"

    def is_shown(self, subject: Finding) -> bool:
        return self.code in {remedy.code for remedy in remedies_for(subject)}

    def title(self, subject: Finding | None) -> str:
        assert subject is not None
        return f"{self._remedy(subject).label}: {finding_title(subject)}"

    def explanation(self, subject: Finding | None) -> str:
        assert subject is not None
        return self._remedy(subject).explanation

    def run(self, subject: Finding | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        apply_remedy(
            finding=subject,
            code=self.code,
            actor=visit.actor,
            now=visit.now,
            service=values.get("service"),
            reason=values.get("reason", ""),
        )
        if self.code == IGNORE:
            return Outcome(_("It stays as it is, and is not shown any more."))
        return Outcome(_("Done, or under way. Should it still disagree, the next run shows it again."))

    def _remedy(self, finding: Finding) -> Remedy:
        return remedy_of(finding, self.code)


class ServiceChoice(forms.TypedChoiceField):
    """One of the services that may take what was found."""

    def __init__(self, finding: Finding) -> None:
        services = list(adoption_candidates(finding)[:CANDIDATES])
        self.services = {str(service.pk): service for service in services}
        choices = [(key, f"{service_title(one)} · {one.client}") for key, one in self.services.items()]
        super().__init__(
            label=gettext_lazy("Service"),
            choices=[("", "—"), *choices],
            coerce=self.find,
            help_text="" if services else gettext_lazy("No service of this Product ID waits for a license."),
        )

    def find(self, key: str) -> Service:
        """The service behind a choice. Raises ValueError, which the form answers."""
        if key not in self.services:
            raise ValueError(key)
        return self.services[key]


class AdoptButton(RemedyButton):
    """Asks which service it belongs to."""

    def make_form(self, subject: Finding | None, data: Any) -> forms.Form:
        assert subject is not None
        return BackOfficeForm(data, more={"service": ServiceChoice(subject)})


class IgnoreForm(BackOfficeForm):
    """Why it may stay."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=255)


class IgnoreButton(RemedyButton):
    """Asks why."""

    def make_form(self, subject: Finding | None, data: Any) -> forms.Form:
        return IgnoreForm(data)


class FindingChips(Chips):
    """What waits for somebody comes first."""

    title = gettext_lazy("what to show")

    def chips(self) -> Iterable[tuple[str, Any]]:
        return [
            ("open", FindingStatus.OPEN.label),
            ("money", gettext_lazy("Money at stake")),
            ("ignored", FindingStatus.IGNORED.label),
            ("solved", FindingStatus.SOLVED.label),
            ("gone", FindingStatus.GONE.label),
            ("all", gettext_lazy("All")),
        ]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        if code == "all" or ("show" not in request.GET and request.GET.get("q")):
            return queryset
        if code == "money":
            return queryset.filter(status=FindingStatus.OPEN, sort__in=MONEY_SORTS)
        return queryset.filter(status=code.upper())


@admin.register(Finding)
class FindingAdmin(ObjectAdmin):
    """What our record, the partner and the money disagree about."""

    page_template = "admin/billing/finding/page.html"
    buttons = (
        AdoptButton(ADOPT),
        RemedyButton(CORRECT_HERE),
        RemedyButton(CORRECT_THERE),
        IgnoreButton(IGNORE),
        RemedyButton(TERMINATE_THERE),
    )
    page_related = ("server", "service__client", "service__product")
    list_display = ("state", "what", "number", "server_words", "service_words", "ours", "theirs", "stake", "seen")
    list_display_links = ("what",)
    list_select_related = ("server", "service__product")
    list_filter = (
        FindingChips,
        ("sort", ChoicesCheckboxFilter),
        ("server", RelatedCheckboxFilter),
        words_filter("kind", gettext_lazy("kind"), KIND_LABELS),
    )
    list_before_template = "admin/chips.html"
    search_fields = ("=id", "=remote_id", "=service__id", "service__client__email")
    search_help_text = gettext_lazy("Number at the partner, service, e-mail of the client")

    def page_title(self, subject: Finding) -> str:
        return finding_title(subject)

    def get_facts(self, request: HttpRequest, subject: Finding) -> dict[str, Any]:
        details = subject.details
        return {
            "remedies": remedies_for(subject),
            "ours": value_words(subject, "ours"),
            "theirs": value_words(subject, "theirs"),
            "stake": stake_of(subject),
            "kind": KIND_LABELS.get(subject.kind, subject.kind),
            "shown": [(label, details[name]) for name, label in _SHOWN.items() if details.get(name)],
            "former": details.get("former", ""),
            "events": list(
                Event.objects.filter(name__startswith="finding.", data__finding=subject.pk).order_by("-id")[:30]
            ),
        }

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, finding: Finding) -> SafeString:
        return state(finding.status, finding.get_status_display())

    @admin.display(description=gettext_lazy("what"), ordering="sort")
    def what(self, finding: Finding) -> str:
        return finding.get_sort_display()

    @admin.display(description=gettext_lazy("at the partner"), ordering="remote_id")
    def number(self, finding: Finding) -> SafeString:
        return format_html("<code>{}</code>", finding.remote_id)

    @admin.display(description=gettext_lazy("server"), ordering="server__name")
    def server_words(self, finding: Finding) -> str:
        return finding.server.name

    @admin.display(description=gettext_lazy("service"), ordering="service")
    def service_words(self, finding: Finding) -> str:
        return service_title(finding.service) if finding.service else "—"

    @admin.display(description=gettext_lazy("ours"))
    def ours(self, finding: Finding) -> str:
        return value_words(finding, "ours")

    @admin.display(description=gettext_lazy("theirs"))
    def theirs(self, finding: Finding) -> str:
        return value_words(finding, "theirs")

    @admin.display(description=gettext_lazy("at stake"))
    def stake(self, finding: Finding) -> SafeString | str:
        found = stake_of(finding)
        return money(*found) if found else "—"

    @admin.display(description=gettext_lazy("first seen"), ordering="first_seen_at")
    def seen(self, finding: Finding) -> SafeString | str:
        return brief(finding.first_seen_at)


_SHOWN: Mapping[str, Any] = {
    "name": gettext_lazy("Name at the partner"),
    "ip": gettext_lazy("IP address"),
    "item": gettext_lazy("On license"),
    "tariff": gettext_lazy("Product ID"),
    "until": gettext_lazy("End date at the partner"),
}
