"""How documents are numbered and what clients may pay in advance: one page."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms.models import fields_for_model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.billing_settings import ACCESS, ADD_FUNDS, DOCUMENTS, NUMBERING, save_billing_settings
from billing.admin.buttons import Button, Outcome, Visit, answer
from billing.admin.forms import BackOfficeForm
from billing.admin.frames import frame
from billing.admin.objects import ReadOnlyAdmin
from billing.models import BillingSettings
from billing.permissions import Permission
from billing.queries.billing_settings import read_billing_settings


class SaveBillingSettings(Button[BillingSettings]):
    """The whole page is its form."""

    code = "change"
    label = gettext_lazy("Save changes")
    permission = Permission.MANAGE_SETTINGS
    is_page = True

    def title(self, subject: BillingSettings | None) -> str:
        return _("Billing settings")

    def explanation(self, subject: BillingSettings | None) -> str:
        return _("They count for documents from now on; numbers that were given stay, and none is given twice.")

    def make_form(self, subject: BillingSettings | None, data: Any) -> forms.Form:
        assert subject is not None
        names = [*NUMBERING, *DOCUMENTS, *ACCESS, *ADD_FUNDS]
        initial = {name: getattr(subject, name) for name in names}
        initial |= {name: f"{initial[name].normalize():f}" for name in _AMOUNTS}
        return BackOfficeForm(data, more=fields_for_model(BillingSettings, fields=names), initial=initial)

    def run(self, subject: BillingSettings | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        save_billing_settings(values=values, actor=visit.actor, now=visit.now)
        return Outcome(_("The settings are saved."))


_AMOUNTS = ("add_funds_minimum", "add_funds_maximum", "most_credit")


@admin.register(BillingSettings)
class BillingSettingsAdmin(ReadOnlyAdmin):
    """One row: its list is the page itself."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The form; whoever may not change the settings does not see them."""
        button = SaveBillingSettings()
        if not request.user.has_perm(button.permission):
            raise PermissionDenied
        home = reverse("admin:billing_billingsettings_changelist")
        context = frame(request, title=button.title(None))
        settings = read_billing_settings()
        # A default that nobody has saved is a plain number.
        settings.clean_fields()
        return answer(request, button, settings, context=context, home=home)
