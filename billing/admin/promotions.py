"""Promo codes (B4)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from billing.models import Promotion
from catalog.admin.picking import ProductPicker
from catalog.discounts import DiscountType
from catalog.models import Cycle


class PromotionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A promo code; cycles are ticked."""

    cycles = forms.MultipleChoiceField(
        label=gettext_lazy("Billing cycles"),
        choices=Cycle.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("None: every cycle."),
    )

    class Meta:
        model = Promotion
        fields = (
            "code",
            "type",
            "value",
            "currency",
            "is_recurring",
            "renewals",
            "applies_to",
            "requires",
            "is_owning_enough",
            "cycles",
            "starts_on",
            "ends_on",
            "max_uses",
            "is_once_per_client",
            "audience",
        )


@admin.register(Promotion)
class PromotionAdmin(ModelAdmin):  # type: ignore[misc]
    """Codes that clients type; orders keep what a code gave them."""

    form = PromotionForm
    list_display = ["code", "reduction", "used", "starts_on", "ends_on", "audience"]
    list_filter = ["type", "audience"]
    search_fields = ["code"]
    autocomplete_fields = ["applies_to", "requires"]
    fieldsets = [
        (None, {"fields": ["code", ("type", "value", "currency"), ("is_recurring", "renewals")]}),
        (gettext_lazy("Of what"), {"fields": ["applies_to", "requires", "is_owning_enough", "cycles"]}),
        (
            gettext_lazy("For whom and when"),
            {"fields": [("starts_on", "ends_on"), ("max_uses", "is_once_per_client"), "audience"]},
        ),
    ]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        picker = ProductPicker(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **{**kwargs, "widget": picker})

    @admin.display(description=gettext_lazy("discount"))
    def reduction(self, promotion: Promotion) -> str:
        """What it takes off, in words."""
        amount = f"{promotion.value.normalize():f}"
        words: dict[str, Any] = {
            DiscountType.PERCENT: _("%(value)s %% off"),
            DiscountType.FIXED: _("%(value)s %(currency)s off"),
            DiscountType.PRICE: _("for %(value)s %(currency)s"),
            DiscountType.FREE_SETUP: _("no setup fee"),
        }
        return str(words[promotion.type]) % {"value": amount, "currency": promotion.currency_id or ""}

    @admin.display(description=gettext_lazy("uses"), ordering="uses")
    def used(self, promotion: Promotion) -> str:
        return f"{promotion.uses} / {promotion.max_uses}" if promotion.max_uses else str(promotion.uses)
