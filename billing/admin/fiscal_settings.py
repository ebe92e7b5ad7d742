"""What fiscal receipts say: one page."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms.models import fields_for_model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.fiscal_settings import WRITABLE, save_fiscal_settings
from billing.admin.buttons import Button, Outcome, Visit, answer
from billing.admin.forms import BackOfficeForm
from billing.admin.frames import frame
from billing.admin.objects import ReadOnlyAdmin
from billing.models import FiscalSettings
from billing.models.fiscal_settings import validate_vat_codes
from billing.permissions import Permission
from billing.queries.fiscal_settings import read_fiscal_settings

CODES = "vat_codes"


class VatCodesField(forms.CharField):
    """A rate and its two codes on each line, `22: 11, 12`, as {"22": [11, 12]}."""

    widget = forms.Textarea(attrs={"rows": 8, "spellcheck": "false"})

    def to_python(self, value: Any) -> Any:
        codes: dict[str, list[int]] = {}
        for line in filter(None, (line.strip() for line in (value or "").splitlines())):
            rate, _colon, pair = line.partition(":")
            try:
                codes[rate.strip().removesuffix("%").strip().replace(",", ".")] = [
                    int(code) for code in pair.split(",")
                ]
            except ValueError as error:
                raise ValidationError(_("This line is not understood: %(line)s") % {"line": line}) from error
        validate_vat_codes(codes)
        return codes


def codes_as_lines(codes: Mapping[str, list[int]]) -> str:
    """What the field shows of {"22": [11, 12]}."""
    return "\n".join(f"{rate}: {', '.join(map(str, pair))}" for rate, pair in codes.items())


class SaveFiscalSettings(Button[FiscalSettings]):
    """The whole page is its form."""

    code = "change"
    label = gettext_lazy("Save changes")
    permission = Permission.MANAGE_SETTINGS
    is_page = True

    def title(self, subject: FiscalSettings | None) -> str:
        return _("Fiscal receipts")

    def explanation(self, subject: FiscalSettings | None) -> str:
        return _("They count for receipts from now on. Ask your accountant: a wrong code is a wrong receipt.")

    def make_form(self, subject: FiscalSettings | None, data: Any) -> forms.Form:
        assert subject is not None
        initial = {name: getattr(subject, name) for name in WRITABLE} | {CODES: codes_as_lines(subject.vat_codes)}
        inputs = fields_for_model(FiscalSettings, fields=[name for name in WRITABLE if name != CODES])
        inputs[CODES] = VatCodesField(
            label=gettext_lazy("VAT codes"),
            required=False,
            help_text=gettext_lazy("A rate in percent, its code and that of its estimated rate on each line."),
        )
        return BackOfficeForm(data, more=inputs, initial=initial)

    def run(self, subject: FiscalSettings | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        save_fiscal_settings(values=values, actor=visit.actor, now=visit.now)
        return Outcome(_("The settings are saved."))


@admin.register(FiscalSettings)
class FiscalSettingsAdmin(ReadOnlyAdmin):
    """One row: its list is the page itself."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The form; whoever may not change the settings does not see them."""
        button = SaveFiscalSettings()
        if not request.user.has_perm(button.permission):
            raise PermissionDenied
        home = reverse("admin:billing_fiscalsettings_changelist")
        settings = read_fiscal_settings()
        return answer(request, button, settings, context=frame(request, title=button.title(None)), home=home)
