"""Partner accounts: connect, test, choose the default (S2-S5)."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesCheckboxFilter

from billing.actions.accounts import save_account, test_account
from billing.actions.sso import may_sign_on
from billing.admin.account_buttons import SyncAccount
from billing.admin.balance_chart import draw
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.modules import access_view, directory_view
from billing.admin.objects import ObjectAdmin
from billing.admin.price_lists import module_view, product_ids_address, read_view
from billing.admin.server_form import ServerForm
from billing.admin.sso import sign_on_view
from billing.models import Event, Operation, ServiceStatus, StaffRole
from billing.permissions import Permission
from billing.queries.balances import forecasts
from billing.queries.clock import database_now
from billing.templatetags.back_office import amount_text, brief, state
from billing.templatetags.portal import money
from catalog.modules import MODULES
from noc.models import CallLog, Server, ServerGroup
from noc.servers import SECRETS

# What fills a server (S3).
COUNTED_STATUSES = (ServiceStatus.PENDING, ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED)


class AddServer(Button[Server]):
    """Connects a partner account."""

    code = "add"
    label = gettext_lazy("Add server")
    permission = Permission.MANAGE_SERVERS
    is_page = True
    look = "primary"

    def title(self, subject: Server | None) -> str:
        return _("Add server")

    def explanation(self, subject: Server | None) -> str:
        return _("An account at the partner. The first one of a module becomes its default. Test the connection after.")

    def make_form(self, subject: Server | None, data: Any) -> forms.Form:
        return ServerForm(None, data)

    def run(self, subject: Server | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        server = save_account(values=values, actor=visit.actor, now=visit.now)
        return Outcome(
            _("Server %(server)s is added. Test its connection now.") % {"server": server},
            go_to=reverse("admin:noc_server_change", args=[server.pk]),
        )


class ChangeServer(Button[Server]):
    """Everything about the account but its state."""

    code = "change"
    label = gettext_lazy("Change")
    permission = Permission.MANAGE_SERVERS
    is_page = True

    def title(self, subject: Server | None) -> str:
        return _("Change server %(server)s") % {"server": subject}

    def explanation(self, subject: Server | None) -> str:
        return _("Operations that wait for this account go on once it is enabled and lets us in.")

    def make_form(self, subject: Server | None, data: Any) -> forms.Form:
        return ServerForm(subject, data)

    def run(self, subject: Server | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        # Only what differs: new login data mean that the account is trusted again.
        changed = {
            name: value
            for name, value in values.items()
            if (value if name in SECRETS else getattr(subject, name) != value)
        }
        save_account(values=changed, actor=visit.actor, now=visit.now, server=subject)
        return Outcome(_("Server %(server)s is changed.") % {"server": subject})


class TestConnection(Button[Server]):
    """Logs in once."""

    code = "test"
    label = gettext_lazy("Test connection")
    permission = Permission.MANAGE_SERVERS
    look = "primary"

    def title(self, subject: Server | None) -> str:
        return _("Test the connection of %(server)s") % {"server": subject}

    def explanation(self, subject: Server | None) -> str:
        assert subject is not None
        words = _("Logs in at %(host)s as %(login)s and reads the balance. Nothing is bought.")
        return words % {"host": subject.hostname, "login": subject.username}

    def run(self, subject: Server | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        result = test_account(server=subject, actor=visit.actor, now=visit.now)
        words = f"{subject}: {result.message}"
        if result.balance is not None:
            balance = amount_text(result.balance, result.currency) if result.currency else str(result.balance)
            words = f"{words} {_('Balance')}: {balance}"
        return Outcome(words, is_good=result.ok)


class MakeDefault(Button[Server]):
    """The star of the module."""

    code = "default"
    label = gettext_lazy("Make default")
    permission = Permission.MANAGE_SERVERS

    def is_shown(self, subject: Server) -> bool:
        return not subject.is_default

    def title(self, subject: Server | None) -> str:
        return _("Make %(server)s the default server") % {"server": subject}

    def explanation(self, subject: Server | None) -> str:
        assert subject is not None
        others = Server.objects.filter(module=subject.module, is_default=True).first()
        words = _("Products without a server group buy here from now on. Until now: %(other)s. What was bought stays.")
        return words % {"other": others or "—"}

    def run(self, subject: Server | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        save_account(values={"is_default": True}, actor=visit.actor, now=visit.now, server=subject)
        return Outcome(_("%(server)s is the default server now.") % {"server": subject})


@admin.register(Server)
class ServerAdmin(ObjectAdmin):
    """Accounts at the partner."""

    page_template = "admin/noc/server/page.html"
    add_button = AddServer()
    buttons = (TestConnection(), ChangeServer(), MakeDefault(), SyncAccount())
    list_display = (
        "state",
        "starred",
        "hostname",
        "username",
        "balance_words",
        "balance_age",
        "fullness",
        "is_enabled",
    )
    list_display_links = ("starred",)
    list_filter = (("health", ChoicesCheckboxFilter), ("is_enabled", BooleanRadioFilter))
    search_fields = ("name", "hostname", "username")

    def get_urls(self) -> list[URLPattern]:
        inside = self.admin_site.admin_view
        own = [
            path("modules/", inside(directory_view), name="noc_server_modules"),
            path("modules/<slug:code>/", inside(module_view), name="noc_server_module"),
            path("modules/<slug:code>/read/", inside(read_view), name="noc_server_module_read"),
            path("modules/<slug:code>/access/", inside(access_view), name="noc_server_module_access"),
            path("<int:server_id>/sign-on/", inside(sign_on_view), name="noc_server_sign_on"),
        ]
        return [*own, *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> list[str | Callable[[Server], SafeString | str]]:
        return [*self.list_display, _sign_on_column(request.user.role)]  # type: ignore[union-attr]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Server]:
        return _counted(super().get_queryset(request))

    def get_page_queryset(self) -> QuerySet[Server]:
        return _counted(Server.objects.all())

    def get_facts(self, request: HttpRequest, subject: Server) -> dict[str, Any]:
        return {
            "module": MODULES[subject.module].label if subject.module in MODULES else subject.module,
            "groups": list(ServerGroup.objects.filter(servers=subject)),
            "price_list_size": subject.price_list.count(),
            "price_list_address": product_ids_address(subject),
            "sso_roles": [label for role, label in StaffRole.choices if role in subject.sso_roles],
            "may_sign_on": may_sign_on(request.user.role, subject),  # type: ignore[union-attr]
            "forecast": (forecast := forecasts([subject], now=database_now())[subject.pk]),
            "chart": draw(forecast),
            "waiting": Operation.objects.unsettled().filter(server=subject).count(),
            "calls": list(CallLog.objects.filter(server=subject).order_by("-id")[:15]),
            "events": list(
                Event.objects.filter(name__startswith="server.", data__server=subject.pk).order_by("-id")[:15]
            ),
        }

    @admin.display(description=gettext_lazy("state"), ordering="health")
    def state(self, server: Server) -> SafeString:
        return state(server.health, server.get_health_display())

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def starred(self, server: Server) -> SafeString | str:
        if not server.is_default:
            return server.name
        return format_html('{} <span class="bo-star" title="{}">★</span>', server.name, _("default server"))

    @admin.display(description=gettext_lazy("balance"), ordering="balance")
    def balance_words(self, server: Server) -> SafeString | str:
        if server.balance is None:
            return "—"
        return money(server.balance, server.balance_currency) if server.balance_currency else str(server.balance)

    @admin.display(description=gettext_lazy("balance read"), ordering="balance_read_at")
    def balance_age(self, server: Server) -> SafeString | str:
        return brief(server.balance_read_at)

    @admin.display(description=gettext_lazy("services"), ordering="service_count")
    def fullness(self, server: Server) -> str:
        return f"{server.service_count} / {server.max_accounts or '∞'}"  # type: ignore[attr-defined]


def _counted(servers: QuerySet[Server]) -> QuerySet[Server]:
    return servers.annotate(service_count=Count("services", filter=Q(services__status__in=COUNTED_STATUSES)))


def _sign_on_column(role: str) -> Callable[[Server], SafeString | str]:
    """A button that sends the list's own form, which holds the token, to a new tab."""

    @admin.display(description=gettext_lazy("log in"))
    def sign_on_button(server: Server) -> SafeString | str:
        if not may_sign_on(role, server):
            return "—"
        return format_html(
            '<button type="submit" class="bo-link" formmethod="post" formtarget="_blank" formaction="{}"'
            ' aria-label="{}">{}</button>',
            reverse("admin:noc_server_sign_on", args=[server.pk]),
            _("Log in to the partner account %(server)s") % {"server": server},
            _("Log in"),
        )

    return sign_on_button
