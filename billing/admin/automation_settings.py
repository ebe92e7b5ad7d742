"""What the nightly run does and when: one page."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms.models import fields_for_model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.automation_settings import WRITABLE, save_automation_settings
from billing.admin.buttons import Button, Outcome, Visit, answer
from billing.admin.forms import BackOfficeForm
from billing.admin.frames import frame
from billing.admin.objects import ReadOnlyAdmin
from billing.models import AutomationSettings
from billing.permissions import Permission
from billing.queries.billing_settings import read_automation_settings
from catalog.admin.window_days import WindowDaysField

BY_CYCLE = "invoice_days_by_cycle"
# By the first field that stands under it.
HEADINGS: Final = {
    "start_hour": gettext_lazy("Hours"),
    "invoice_days": gettext_lazy("Renewal invoices"),
    "charges_cards": gettext_lazy("Saved cards"),
    "reminder_days": gettext_lazy("Reminders"),
    "late_fee_days": gettext_lazy("Late fees"),
    "suspend_days": gettext_lazy("Suspension and end"),
    "brake_factor": gettext_lazy("Brakes"),
}


class SaveAutomationSettings(Button[AutomationSettings]):
    """The whole page is its form."""

    code = "change"
    label = gettext_lazy("Save changes")
    permission = Permission.MANAGE_SETTINGS
    is_page = True

    def title(self, subject: AutomationSettings | None) -> str:
        return _("Automation settings")

    def explanation(self, subject: AutomationSettings | None) -> str:
        return _("They count from the next night; its plan shows what they bring. Days of 0 switch a duty off.")

    def make_form(self, subject: AutomationSettings | None, data: Any) -> forms.Form:
        assert subject is not None
        initial = {name: _plain(getattr(subject, name)) for name in WRITABLE}
        inputs = fields_for_model(AutomationSettings, fields=[name for name in WRITABLE if name != BY_CYCLE])
        inputs[BY_CYCLE] = WindowDaysField(
            label=gettext_lazy("Other days by cycle"),
            required=False,
            help_text=gettext_lazy("0: as for all."),
        )
        more = {name: inputs[name] for name in WRITABLE}
        return BackOfficeForm(data, more=more, headings=HEADINGS, initial=initial)

    def run(self, subject: AutomationSettings | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        by_cycle = {cycle: days for cycle, days in (values.get(BY_CYCLE) or {}).items() if days}
        save_automation_settings(values={**values, BY_CYCLE: by_cycle}, actor=visit.actor, now=visit.now)
        return Outcome(_("The settings are saved."))


def _plain(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


@admin.register(AutomationSettings)
class AutomationSettingsAdmin(ReadOnlyAdmin):
    """One row: its list is the page itself."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The form; whoever may not change the settings does not see them."""
        button = SaveAutomationSettings()
        if not request.user.has_perm(button.permission):
            raise PermissionDenied
        home = reverse("admin:billing_automationsettings_changelist")
        settings = read_automation_settings()
        return answer(request, button, settings, context=frame(request, title=button.title(None)), home=home)
