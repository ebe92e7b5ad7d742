"""Products: the list, and the page with the tabs that guide B shows (P3 to P17)."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from catalog.actions.field_names import propose_renames
from catalog.actions.products import ProductInvalid, save_product
from catalog.admin.forms import ProductForm
from catalog.admin.links import product_links
from catalog.admin.margins import MarginFilter, margin_column
from catalog.admin.options import OptionFormSet
from catalog.admin.picking import ProductPicker
from catalog.admin.product_tabs import TABS, ReadOnlyWords, tabs_of_new
from catalog.admin.product_views import price_view, sample_view
from catalog.admin.readiness import ProductList, ReadinessFilter, make_checklist, readiness_mark
from catalog.admin.tabs import Tab, TabbedAdmin
from catalog.checks import find_warnings
from catalog.models import Product
from catalog.modules import KIND_LABELS


class ProductAdmin(ReadOnlyWords, TabbedAdmin):
    """Products. Saving goes through `catalog.actions.products.save_product`; `billing.admin` adds what it knows."""

    form = ProductForm
    tabs = TABS
    list_display = ["name", "group", "ready", "tariff_id", "kind_words", "payment_type", "shelf_words"]
    list_select_related = ["group", "server_group"]
    list_filter = [
        ReadinessFilter,
        "is_addon",
        "group",
        "module",
        "kind",
        "payment_type",
        MarginFilter,
        "is_hidden",
        "is_retired",
    ]
    list_fullwidth = True
    warn_unsaved_form = True
    search_fields = ["name", "slug", "tariff_id"]
    autocomplete_fields = ["addons", "cross_sells"]
    change_form_outer_before_template = "admin/catalog/product/above.html"

    class Media:
        css = {"all": ["css/product.css"]}
        js = ["js/product.js"]

    def get_urls(self) -> list[URLPattern]:
        inside = self.admin_site.admin_view
        own = [
            path("prices/", inside(price_view), name="catalog_product_prices"),
            path("sample/", inside(sample_view), name="catalog_product_sample"),
        ]
        return [*own, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ProductList]:
        return ProductList

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Costs are for those who make prices of them."""
        columns = list(super().get_list_display(request))
        return [*columns, margin_column()] if self.has_change_permission(request) else columns

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        picker = ProductPicker(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **{**kwargs, "widget": picker})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        """A field that looks for addons finds addons, one that looks for cross-sells what is sold by itself."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        asking = request.GET.get("field_name") if request.path.endswith("/autocomplete/") else ""
        if asking in ("addons", "cross_sells"):
            found = found.filter(is_addon=asking == "addons", is_retired=False)
        return found, may_repeat

    def get_tabs(self, request: HttpRequest, obj: Any = None) -> list[Tab]:
        """A new product first gets the options and fields that its kind needs; own ones are added to those."""
        if obj is None:
            return tabs_of_new()
        return list(self.tabs) if self.has_change_permission(request, obj) else self.read_only_tabs()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With the checklist, fields to rename and ready links."""
        product = self.get_object(request, object_id) if object_id else None
        more: dict[str, Any] = self.facts_of(request, product) if product is not None else {}
        context = {**(extra_context or {}), **more}
        try:
            page: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        except ProductInvalid:
            # Somebody saved at the same moment. What they saved is there now: the form finds the fault by itself.
            page = super().changeform_view(request, object_id, form_url, context)
        return page

    def facts_of(self, request: HttpRequest, product: Product) -> dict[str, Any]:
        """What the page shows besides its form."""
        facts: dict[str, Any] = {
            "links": product_links(request, product),
            "renames": len(propose_renames(product)),
            "checklist": make_checklist(request, product),
            "store_address": reverse("store:product", args=[product.group.slug, product.slug]),
        }
        if facts["renames"] and self.has_change_permission(request, product):
            facts["renames_address"] = reverse("admin:catalog_customfield_names", args=[product.pk])
        return facts

    def response_add(self, request: HttpRequest, obj: Product, post_url_continue: str | None = None) -> HttpResponse:
        """A new product is not done yet: its fields and options are there now, and what is missing is listed."""
        if {"_addanother", IS_POPUP_VAR} & set(request.POST):
            page: HttpResponse = super().response_add(request, obj, post_url_continue)
            return page
        messages.success(request, gettext("%(product)s is added.") % {"product": obj})
        return redirect("admin:catalog_product_change", obj.pk)

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Nothing yet: a product is saved together with all that hangs on it, in `save_related`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Options and fields first, so that one added by hand is not created twice; then the product with prices."""
        for formset in formsets:
            if isinstance(formset, OptionFormSet):
                formset.save_all()
            else:
                self.save_formset(request, form, formset, change=change)
        product = save_product(
            product=form.instance,
            prices=form.prices_to_write(),
            changed=form.changed_data,
            addons=form.cleaned_data["addons"],
            cross_sells=form.cleaned_data["cross_sells"],
        )
        for warning in find_warnings(product):
            messages.warning(request, warning)

    @admin.display(description=_("to sell"))
    def ready(self, product: Product) -> SafeString:
        """Whether it can be sold, or what is missing."""
        return readiness_mark(product)

    @display(description=_("store"), label=True, ordering="is_retired")  # type: ignore[untyped-decorator]
    def shelf_words(self, product: Product) -> str:
        """Where clients find the product."""
        if product.is_retired:
            return gettext("Retired")
        if product.is_addon:
            return gettext("Addon")
        return gettext("Hidden") if product.is_hidden else gettext("Listed")

    @admin.display(description=_("kind"), ordering="kind")
    def kind_words(self, product: Product) -> str:
        return str(KIND_LABELS.get(product.kind, product.kind)) or "-"
