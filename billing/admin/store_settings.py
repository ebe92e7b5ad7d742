"""The page of the store settings: one row, so no list of them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from billing.actions.store_settings import WRITABLE, StoreSettingsInvalid, save_store_settings
from billing.admin.forms import BackOfficeForm
from billing.admin.frames import frame
from billing.models import StoreSettings
from billing.permissions import Permission
from billing.queries.clock import database_now
from billing.queries.store_settings import read_store_settings
from catalog.admin.window_days import WindowDaysField
from catalog.models import OrderForm


class StoreSettingsForm(BackOfficeForm):
    """What the action is given, nothing else."""

    order_form = forms.ChoiceField(
        label=gettext_lazy("Default order form template"),
        choices=OrderForm.choices,
        help_text=gettext_lazy("For groups that name none of their own."),
    )
    has_cross_sells = forms.BooleanField(
        label=gettext_lazy("Cross-sells"),
        required=False,
        help_text=gettext_lazy("Recommended products are offered while ordering."),
    )
    on_demand_days = WindowDaysField(
        label=gettext_lazy("On-demand renewals, days before due"),
        help_text=gettext_lazy(
            "So many days before its due date a client may renew a service; 0: never. Products may say otherwise."
        ),
    )
    terms_url = forms.URLField(
        label=gettext_lazy("Address of the terms of service"),
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("If given, clients have to agree to them when they order."),
    )


@admin.register(StoreSettings)
class StoreSettingsAdmin(ModelAdmin):  # type: ignore[misc]
    """No list of rows: the page of the only one."""

    def get_urls(self) -> list[URLPattern]:
        inside = self.admin_site.admin_view
        return [path("", inside(settings_view), name="billing_storesettings_changelist")]


def settings_view(request: HttpRequest) -> HttpResponse:
    """What is set; a POST writes it. Staff who may not write look on. Raises PermissionDenied."""
    if not request.user.has_perm(Permission.VIEW):
        raise PermissionDenied
    may_change = request.user.has_perm(Permission.MANAGE_CATALOG)
    stored = read_store_settings()
    form = StoreSettingsForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(stored, name) for name in WRITABLE},
    )
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        if form.is_valid() and _save(request, form):
            return redirect("admin:billing_storesettings_changelist")
    if not may_change:
        for field in form.fields.values():
            field.disabled = True
    context = {**frame(request, title=_("Store settings")), "form": form, "may_change": may_change}
    return TemplateResponse(request, "admin/billing/storesettings/page.html", context)


def _save(request: HttpRequest, form: StoreSettingsForm) -> bool:
    """False with the reasons on the form."""
    # Only what this person changed: the rest may have been changed by somebody else since the page was opened.
    values: dict[str, Any] = {name: form.cleaned_data[name] for name in form.changed_data}
    try:
        save_store_settings(values=values, actor=str(request.user), now=database_now())
    except StoreSettingsInvalid as invalid:
        for name, found in invalid.errors.items():
            form.add_error(name if name in form.fields else None, found)
        return False
    messages.success(request, _("The store settings are saved."))
    return True
