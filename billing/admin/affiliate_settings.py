"""The settings of the affiliate program: one row, so one page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from billing.models import AffiliateSettings
from billing.models.affiliate import ONLY
from billing.queries.affiliates import forget_affiliate_program


@admin.register(AffiliateSettings)
class AffiliateSettingsAdmin(ModelAdmin):  # type: ignore[misc]
    """What counts for payments and links from now on."""

    fieldsets = [
        (None, {"fields": ["is_on", "default_percent"]}),
        (
            gettext_lazy("Money"),
            {"fields": [("joining_bonus", "minimum_payout"), "clearing_days"]},
        ),
        (gettext_lazy("Links"), {"fields": ["cookie_days"]}),
    ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Straight to the one page."""
        if AffiliateSettings.objects.exists() or not self.has_add_permission(request):
            return redirect("admin:billing_affiliatesettings_change", ONLY)
        return redirect("admin:billing_affiliatesettings_add")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_add_permission(request)) and not AffiliateSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: AffiliateSettings | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: AffiliateSettings, form: Any, change: bool) -> None:
        """The first time it gets its only number."""
        obj.pk = ONLY
        super().save_model(request, obj, form, change)
        forget_affiliate_program()
