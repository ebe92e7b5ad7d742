from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from catalog.models import Currency


@admin.register(Currency)
class CurrencyAdmin(ModelAdmin):  # type: ignore[misc]
    """Currencies; the code is the key of every amount, so it is set once."""

    list_display = ["code", "precision", "is_default", "rate"]
    search_fields = ["code"]
    fields = ["code", "precision", "is_default", "rate"]

    def get_readonly_fields(self, request: HttpRequest, obj: Currency | None = None) -> list[str]:
        return ["code"] if obj else []
