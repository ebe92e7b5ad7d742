"""API keys: issued once in clear, revoked for good."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from billing.actions.api_keys import issue_api_key, revoke_api_key
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.objects import ObjectAdmin
from billing.models import ApiKey, Client, Event, StaffRole
from billing.permissions import Permission
from billing.templatetags.back_office import brief, state


class ApiKeyForm(BackOfficeForm):
    """A key is an operator's, by role, or one client's."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("Which program or person uses it.")
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        required=False,
        choices=[("", gettext_lazy("None: a client's key")), *StaffRole.choices],
    )
    client_email = forms.EmailField(
        label=gettext_lazy("E-mail of the client"),
        required=False,
        help_text=gettext_lazy("For a client's key: it sees and orders what this client may."),
    )

    def clean(self) -> dict[str, Any]:
        """Exactly one of role and client."""
        cleaned = super().clean() or {}
        email = cleaned.get("client_email")
        cleaned["client"] = Client.objects.filter(email__iexact=email).first() if email else None
        if email and cleaned["client"] is None:
            self.add_error("client_email", _("There is no client with this e-mail."))
        elif bool(email) == bool(cleaned.get("role")):
            self.add_error("role", _("Choose a role or name a client: one of the two."))
        return cleaned


class IssueKey(Button[ApiKey]):
    """A new key."""

    code = "add"
    label = gettext_lazy("Issue API key")
    permission = Permission.MANAGE_STAFF
    is_page = True
    look = "primary"

    def title(self, subject: ApiKey | None) -> str:
        return _("Issue API key")

    def explanation(self, subject: ApiKey | None) -> str:
        return _("The key is shown once, on the next page. Only its hash is kept.")

    def make_form(self, subject: ApiKey | None, data: Any) -> forms.Form:
        return ApiKeyForm(data)

    def run(self, subject: ApiKey | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        secret = issue_api_key(
            name=values["name"], role=values["role"], client=values["client"], now=visit.now, actor=visit.actor
        )
        words = _("The key “%(name)s” is issued. Copy it now: it is never shown again.")
        return Outcome(words % {"name": values["name"]}, secret=secret)


class RevokeKey(Button[ApiKey]):
    """The end of a key."""

    code = "revoke"
    label = gettext_lazy("Revoke")
    permission = Permission.MANAGE_STAFF
    look = "danger"

    def is_shown(self, subject: ApiKey) -> bool:
        return subject.revoked_at is None

    def title(self, subject: ApiKey | None) -> str:
        return _("Revoke API key “%(key)s”") % {"key": subject}

    def explanation(self, subject: ApiKey | None) -> str:
        return _("Programs that use it are refused from now on. It cannot be brought back.")

    def run(self, subject: ApiKey | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        revoke_api_key(key=subject, now=visit.now, actor=visit.actor)
        return Outcome(_("API key “%(key)s” is revoked.") % {"key": subject})


@admin.register(ApiKey)
class ApiKeyAdmin(ObjectAdmin):
    """Keys of the REST API."""

    page_template = "admin/billing/apikey/page.html"
    add_button = IssueKey()
    buttons = (RevokeKey(),)
    page_related = ("client",)
    list_display = ("state", "name", "holder", "created", "used")
    list_display_links = ("name",)
    list_filter = (("role", ChoicesCheckboxFilter),)
    list_select_related = ("client",)
    search_fields = ("name", "client__email")

    def get_facts(self, request: Any, subject: ApiKey) -> dict[str, Any]:
        events = Event.objects.filter(name__startswith="api_key.", data__key=subject.pk)
        return {"state": key_state(subject), "holder": key_holder(subject), "events": list(events.order_by("-id"))}

    @admin.display(description=gettext_lazy("status"), ordering="revoked_at")
    def state(self, key: ApiKey) -> SafeString:
        return key_state(key)

    @admin.display(description=gettext_lazy("may do what"), ordering="role")
    def holder(self, key: ApiKey) -> str:
        return key_holder(key)

    @admin.display(description=pgettext_lazy("API key", "issued"), ordering="created_at")
    def created(self, key: ApiKey) -> SafeString | str:
        return brief(key.created_at)

    @admin.display(description=gettext_lazy("last used"), ordering="last_used_at")
    def used(self, key: ApiKey) -> SafeString | str:
        return brief(key.last_used_at)


def key_state(key: ApiKey) -> SafeString:
    """Whether the key opens anything."""
    return state("REVOKED", _("Revoked")) if key.revoked_at else state("ACTIVE", _("Valid"))


def key_holder(key: ApiKey) -> str:
    """The role of an operator's key, or whose it is."""
    return str(key.client) if key.client else key.get_role_display()
