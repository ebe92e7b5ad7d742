from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import display

from catalog.actions.field_names import propose_renames
from catalog.actions.products import save_product
from catalog.admin.forms import PriceForm, PriceFormSet, ProductForm
from catalog.admin.links import product_links
from catalog.admin.margins import MarginFilter, margin_column
from catalog.admin.options import OptionFormSet, OptionInline
from catalog.checks import find_warnings
from catalog.models import CustomField, Price, Product
from catalog.modules import KIND_LABELS, allowed_cycles, allowed_once_periods, find_product_tariff

ORIGINS = {"live": _("live price list"), "built-in": _("built-in table")}


class PriceInline(TabularInline):  # type: ignore[misc]
    model = Price
    form = PriceForm
    formset = PriceFormSet
    fields = ["currency", "cycle", "price", "setup_fee"]
    show_title = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Price]:
        prices: QuerySet[Price] = super().get_queryset(request)
        return prices.select_related("currency")

    def get_extra(self, request: HttpRequest, obj: Product | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1


class CustomFieldInline(StackedInline):  # type: ignore[misc]
    model = CustomField
    extra = 0
    tab = True
    ordering = ["position", "id"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("key", "label"),
                    ("type", "position"),
                    "description",
                    ("validation", "options"),
                    ("is_required", "is_on_order_form", "is_on_invoice"),
                    ("is_admin_only", "is_secret"),
                ]
            },
        )
    ]


@admin.register(Product)
class ProductAdmin(ModelAdmin):  # type: ignore[misc]
    """Products. Saving goes through `catalog.actions.products.save_product`."""

    form = ProductForm
    list_display = ["name", "group", "tariff_id", "kind_words", "payment_type", "auto_setup", "shelf_words"]
    list_select_related = ["group"]
    list_filter = ["is_addon", "group", "module", "kind", "payment_type", MarginFilter, "is_hidden", "is_retired"]
    search_fields = ["name", "slug", "tariff_id"]
    readonly_fields = ["tariff_words"]
    save_on_top = True
    change_form_outer_after_template = "admin/catalog/product/below.html"
    fieldsets = [
        (
            _("Details"),
            {
                "fields": [
                    ("group", "name"),
                    "slug",
                    "tagline",
                    "short_description",
                    "description",
                    ("has_stock_control", "stock_quantity"),
                ]
            },
        ),
        (
            _("Pricing"),
            {
                "fields": [
                    ("payment_type", "quantity_mode"),
                    "tax_treatment",
                    ("is_prorata", "prorata_day", "prorata_next_after"),
                ]
            },
        ),
        (
            _("Module settings"),
            {
                "fields": [
                    ("module", "server_group"),
                    ("tariff_id", "tariff_words"),
                    ("partner_period", "kind"),
                    "is_tariff_unchecked",
                    ("auto_setup", "admin_phone"),
                    ("at_end", "node_base"),
                ]
            },
        ),
        (_("Addons"), {"fields": ["is_addon", "addons"]}),
        (_("Other"), {"fields": [("is_hidden", "is_retired", "is_featured"), "position"]}),
    ]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Costs are for those who make prices of them."""
        columns = list(super().get_list_display(request))
        return [*columns, margin_column()] if self.has_change_permission(request) else columns

    def get_inlines(self, request: HttpRequest, obj: Product | None) -> list[type[Any]]:
        """A new product first gets the options and fields that its kind needs; own ones are added to those."""
        return [PriceInline, OptionInline, CustomFieldInline] if obj else [PriceInline]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With what there is to do below the form: fields to rename, ready links."""
        product = self.get_object(request, object_id) if object_id else None
        more: dict[str, Any] = {}
        if product is not None:
            more = {"links": product_links(request, product), "renames": len(propose_renames(product))}
            if more["renames"] and self.has_change_permission(request, product):
                more["renames_address"] = reverse("admin:catalog_customfield_names", args=[product.pk])
        page: HttpResponse = super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **more})
        return page

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Nothing yet: a product is saved together with its prices, which are known in `save_related`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Options and fields first, so that one added by hand is not created twice; then the product with prices."""
        product, prices = form.instance, None
        for formset in formsets:
            if isinstance(formset, PriceFormSet):
                prices = formset.price_values()
                # Only for the log of changes: the action writes the rows.
                formset.save(commit=False)
            elif isinstance(formset, OptionFormSet):
                formset.save_all()
            else:
                self.save_formset(request, form, formset, change=change)
        addons = form.cleaned_data.get("addons")
        save_product(product=product, prices=prices, changed=form.changed_data, addons=addons)
        for warning in find_warnings(product):
            messages.warning(request, warning)

    @admin.display(description=_("tariff"))
    def tariff_words(self, product: Product) -> str:
        """Name, origin and possible periods of the tariff behind the Product ID."""
        if not product.pk or not product.module:
            return gettext("Shown once the product is saved with a Product ID.")
        tariff = find_product_tariff(product)
        if tariff is None:
            return gettext("No price list shows this Product ID.")
        cycles = [str(cycle.label) for cycle in allowed_cycles(tariff)]
        periods = ", ".join(cycles) or ", ".join(map(str, allowed_once_periods(tariff))) or "-"
        return f"{tariff.name} · {ORIGINS[tariff.source]} · {periods}"

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
