from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from catalog.models import ProductGroup


@admin.register(ProductGroup)
class ProductGroupAdmin(ModelAdmin):  # type: ignore[misc]
    """Categories of the store."""

    list_display = ["name", "slug", "products", "is_hidden", "position"]
    list_filter = ["is_hidden"]
    search_fields = ["name", "slug", "headline"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (_("Details"), {"fields": ["name", "slug", "headline", "tagline"]}),
        (_("Other"), {"fields": ["is_hidden", "position"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductGroup]:
        groups: QuerySet[ProductGroup] = super().get_queryset(request)
        return groups.annotate(product_count=Count("products"))

    @admin.display(description=_("products"), ordering="product_count")
    def products(self, group: ProductGroup) -> int:
        return int(group.product_count)  # type: ignore[attr-defined]
