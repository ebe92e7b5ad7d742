"""The pool: licenses that are kept at the partner without an owner, for later orders (L3)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from unfold.contrib.filters.admin import RelatedCheckboxFilter

from billing.actions.provisioning import delete_instead, delete_pooled_license
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.objects import Chips, ObjectAdmin
from billing.admin.operation_buttons import operation_title
from billing.admin.service_buttons import service_title
from billing.models import Event, Operation, OperationKind, OperationStatus, PooledLicense, PoolState
from billing.permissions import Permission
from billing.queries.pool import KEPT_AFTER_END, is_pooled, partner_day
from billing.templatetags.back_office import brief, state
from billing.templatetags.portal import day
from noc.models import PriceListEntry
from noc.tariffs import built_in


class DeletePooled(Button[PooledLicense]):
    """The end of a license that nobody holds."""

    code = "delete"
    label = gettext_lazy("Delete at the partner")
    permission = Permission.PERFORM_SERVER_OPERATIONS
    look = "danger"

    def is_shown(self, subject: PooledLicense) -> bool:
        return subject.state == PoolState.FREE

    def title(self, subject: PooledLicense | None) -> str:
        return _("Delete license %(number)s of the pool") % {"number": subject}

    def explanation(self, subject: PooledLicense | None) -> str:
        assert subject is not None
        words = _(
            "Deletes %(number)s on %(server)s. What is paid for it is lost, and the next order buys a new license. "
            "No client loses anything: nobody holds it."
        )
        return words % {"number": subject.remote_id, "server": subject.server.name}

    def run(self, subject: PooledLicense | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        delete_pooled_license(pooled=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("License %(number)s is deleted.") % {"number": subject.remote_id})


class DeleteInstead(Button[Operation]):
    """For a license that the partner did not let go into the pool."""

    code = "delete_instead"
    label = gettext_lazy("Delete instead")
    permission = Permission.PERFORM_SERVER_OPERATIONS
    look = "danger"

    def is_shown(self, subject: Operation) -> bool:
        is_failed = subject.kind == OperationKind.TERMINATE and subject.status == OperationStatus.FAILED
        is_kept = is_pooled(subject.service) and not subject.params.get("delete")
        return is_failed and is_kept and not subject.service.is_ended

    def title(self, subject: Operation | None) -> str:
        assert subject is not None
        return _("Delete instead: %(operation)s") % {"operation": operation_title(subject)}

    def explanation(self, subject: Operation | None) -> str:
        assert subject is not None
        words = _("Deletes %(number)s at the partner instead of keeping it for a later order; the client loses it.")
        return words % {"number": subject.service.remote_id}

    def run(self, subject: Operation | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        queued = delete_instead(operation=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("Queued afresh as operation %(number)s.") % {"number": queued.pk})


class PoolChips(Chips):
    """What an order could take comes first."""

    title = gettext_lazy("what to show")

    def chips(self) -> Iterable[tuple[str, Any]]:
        return [*((value.lower(), label) for value, label in PoolState.choices), ("all", gettext_lazy("All"))]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        is_searched = "show" not in request.GET and request.GET.get("q")
        return queryset if code == "all" or is_searched else queryset.filter(state=code.upper())


@admin.register(PooledLicense)
class PooledLicenseAdmin(ObjectAdmin):
    """Licenses without an owner."""

    page_template = "admin/billing/pooledlicense/page.html"
    buttons = (DeletePooled(),)
    page_related = ("server", "released_from__product", "taken_by__service__product")
    list_display = (
        "state_badge",
        "number",
        "tariff",
        "nodes",
        "server_name",
        "released",
        "ends",
        "note_words",
        "former",
    )
    list_display_links = ("number",)
    list_select_related = ("server", "released_from__product")
    list_filter = (PoolChips, ("server", RelatedCheckboxFilter))
    list_before_template = "admin/chips.html"
    search_fields = ("=remote_id", "=tariff_id", "=released_from__id")
    search_help_text = gettext_lazy("Number at the partner, Product ID, number of the former service")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).annotate(tariff_name=_live_names())
        return found

    def get_page_queryset(self) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_page_queryset().annotate(tariff_name=_live_names())
        return found

    def page_title(self, subject: PooledLicense) -> str:
        return _("License %(number)s of the pool") % {"number": subject.remote_id}

    def get_facts(self, request: HttpRequest, subject: PooledLicense) -> dict[str, Any]:
        about = {"data__remote_id": subject.remote_id, "data__server": subject.server_id}
        events = Event.objects.filter(name__startswith="license.", **about).select_related("operation")
        return {
            "tariff": self.tariff(subject),
            "nodes": self.nodes(subject),
            "left": days_left(subject),
            "note": gettext(subject.note) if subject.note else "",
            "events": list(events.order_by("-id")[:30]),
        }

    @admin.display(description=gettext_lazy("status"), ordering="state")
    def state_badge(self, pooled: PooledLicense) -> SafeString:
        return state(pooled.state, pooled.get_state_display())

    @admin.display(description=gettext_lazy("ID at the partner"), ordering="remote_id")
    def number(self, pooled: PooledLicense) -> str:
        return pooled.remote_id

    @admin.display(description=gettext_lazy("Product ID"), ordering="tariff_id")
    def tariff(self, pooled: PooledLicense) -> str:
        known = built_in(pooled.tariff_id)
        name = getattr(pooled, "tariff_name", None) or (known.name if known else "")
        return f"{pooled.tariff_id} {name}".strip()

    @admin.display(description=gettext_lazy("additional servers"))
    def nodes(self, pooled: PooledLicense) -> str:
        return ", ".join(str(count) for count in pooled.addons.values()) or "—"

    @admin.display(description=gettext_lazy("server"), ordering="server__name")
    def server_name(self, pooled: PooledLicense) -> str:
        return pooled.server.name

    @admin.display(description=gettext_lazy("released at"), ordering="released_at")
    def released(self, pooled: PooledLicense) -> SafeString | str:
        age = (timezone.now() - pooled.released_at).days
        words = ngettext("%(count)s day ago", "%(count)s days ago", age) % {"count": age}
        return format_html('{}<br><span class="bo-muted">{}</span>', brief(pooled.released_at), words)

    @admin.display(description=gettext_lazy("end date"), ordering="expires_on")
    def ends(self, pooled: PooledLicense) -> SafeString | str:
        return format_html('{}<br><span class="bo-muted">{}</span>', day(pooled.expires_on), days_left(pooled))

    @admin.display(description=gettext_lazy("note"))
    def note_words(self, pooled: PooledLicense) -> str:
        return gettext(pooled.note) if pooled.note else "—"

    @admin.display(description=gettext_lazy("former service"), ordering="released_from")
    def former(self, pooled: PooledLicense) -> SafeString | str:
        if pooled.released_from is None:
            return "—"
        address = reverse("admin:billing_service_change", args=[pooled.released_from_id])
        return format_html('<a class="bo-link" href="{}">{}</a>', address, service_title(pooled.released_from))


def _live_names() -> Subquery:
    """The name of the Product ID on the account's own price list."""
    entries = PriceListEntry.objects.filter(server=OuterRef("server"), tariff_id=OuterRef("tariff_id"))
    return Subquery(entries.values("name")[:1])


def days_left(pooled: PooledLicense) -> str:
    """How long it is paid for, or how long the partner keeps it after that."""
    if pooled.expires_on is None or pooled.state not in (PoolState.FREE, PoolState.TAKEN):
        return ""
    left = (pooled.expires_on - partner_day(timezone.now())).days
    if left > 0:
        return ngettext("paid for %(count)s more day", "paid for %(count)s more days", left) % {"count": left}
    kept = max(left + KEPT_AFTER_END.days, 0)
    words = ngettext(
        "has ended; the partner deletes it in %(count)s day",
        "has ended; the partner deletes it in %(count)s days",
        kept,
    )
    return words % {"count": kept}
