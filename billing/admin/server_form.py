"""The form of a partner account (S2)."""

from decimal import Decimal
from typing import Any

from django import forms
from django.forms.models import fields_for_model
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from billing.admin.forms import BackOfficeForm
from billing.models import StaffRole
from catalog.modules import MODULES
from noc.models import Server
from noc.servers import SECRETS

FORM_FIELDS = (
    "name",
    "module",
    "hostname",
    "username",
    "password",
    "access_hash",
    "max_accounts",
    "is_enabled",
    "is_default",
    "may_send_again",
    "balance_alert_below",
    "sso_access",
    "sso_roles",
    "datacenter",
    "monthly_cost",
    "assigned_ips",
    "nameservers",
    "status_url",
)


class ServerForm(BackOfficeForm):
    """A partner account. Password and access hash are never shown: empty keeps what is stored."""

    def __init__(self, server: Server | None, data: Any) -> None:
        fields = fields_for_model(Server, fields=[name for name in FORM_FIELDS if name != "status_url"])
        fields["status_url"] = forms.URLField(
            label=gettext_lazy("Status address"), required=False, max_length=200, assume_scheme="https"
        )
        fields["module"] = forms.ChoiceField(
            label=gettext_lazy("Module"), choices=[(code, module.label) for code, module in MODULES.items()]
        )
        fields["password"] = forms.CharField(
            label=gettext_lazy("Password"),
            required=server is None,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            help_text=gettext_lazy("Stored encrypted and never shown. Empty keeps the present one.") if server else "",
        )
        fields["access_hash"] = forms.CharField(
            label=gettext_lazy("Access hash"),
            required=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
            help_text=gettext_lazy("Not used by ispmanager NOC; leave it empty."),
        )
        fields["sso_roles"] = forms.MultipleChoiceField(
            label=gettext_lazy("Roles that may sign on"),
            choices=StaffRole.choices,
            required=False,
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
            help_text=gettext_lazy("Counts only while single sign-on is restricted."),
        )
        for name in ("assigned_ips", "nameservers"):
            fields[name].widget.attrs["rows"] = 3
        more = {name: fields[name] for name in FORM_FIELDS}
        names = [name for name in FORM_FIELDS if name not in SECRETS]
        initial = {name: _as_typed(getattr(server, name)) for name in names} if server else {}
        super().__init__(data, initial=initial, more=more)


def _as_typed(value: Any) -> Any:
    """An amount without the zeros that its column adds."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
