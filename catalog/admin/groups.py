from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from catalog.actions.groups import save_group
from catalog.admin.links import group_links
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

    change_form_outer_after_template = "admin/catalog/links.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With ready links to the group below its form."""
        group = self.get_object(request, object_id) if object_id else None
        more = {"links": group_links(request, group)} if group else {}
        page: HttpResponse = super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **more})
        return page

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductGroup]:
        groups: QuerySet[ProductGroup] = super().get_queryset(request)
        return groups.annotate(product_count=Count("products"))

    def save_model(self, request: HttpRequest, obj: ProductGroup, form: Any, change: bool) -> None:
        """Through the action, which keeps an old address."""
        save_group(group=obj, values={})

    @admin.display(description=_("products"), ordering="product_count")
    def products(self, group: ProductGroup) -> int:
        return int(group.product_count)  # type: ignore[attr-defined]
