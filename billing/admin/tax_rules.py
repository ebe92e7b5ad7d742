"""Tax rules: what is charged on top of prices, or within them, by place and by day (B3)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from billing.forms.countries import country_choices
from billing.models import TaxRule


@admin.register(TaxRule)
class TaxRuleAdmin(ModelAdmin):  # type: ignore[misc]
    """Rules are ended and followed by new ones; invoices keep the rates that they were issued with."""

    list_display = ["name", "percent", "level", "place", "valid_from", "valid_until", "is_compound"]
    list_filter = ["level"]
    search_fields = ["name", "country", "region"]
    fieldsets = [
        (None, {"fields": [("name", "rate"), ("country", "region"), ("level", "is_compound")]}),
        (gettext_lazy("Days"), {"fields": [("valid_from", "valid_until")]}),
    ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        """A new rule is called what the last one is called."""
        known = TaxRule.objects.order_by("-id").first()
        return {"name": known.name} if known else {}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Countries by their names in the reader's language."""
        field = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name == "country":
            field.choices = country_choices
        return field

    @admin.display(description=gettext_lazy("rate"), ordering="rate")
    def percent(self, rule: TaxRule) -> str:
        return f"{rule.rate.normalize():f} %"

    @admin.display(description=gettext_lazy("place"), ordering="country")
    def place(self, rule: TaxRule) -> str:
        """Where clients are who pay it."""
        if not rule.country:
            return _("Every country")
        return f"{rule.country.name}, {rule.region}" if rule.region else str(rule.country.name)
