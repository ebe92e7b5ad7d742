"""Product groups (P2): the categories of the store, with the ways to pay that they do not take."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from billing.actions.events import record_event
from billing.queries.clock import database_now
from billing.queries.gateways import PAYMENT_METHODS
from billing.templatetags.event_words import GATEWAYS
from catalog.actions.groups import GroupInvalid, save_group
from catalog.admin.links import group_links
from catalog.admin.translations import TranslationsInput, translated_words
from catalog.models import OrderForm, ProductGroup


class ProductGroupForm(forms.ModelForm):  # type: ignore[type-arg]
    """A group. Ways to pay are ticked where they are taken; the opposite is kept, so that new ones are taken."""

    open_payment_methods = forms.MultipleChoiceField(
        label=_("Payment methods"),
        required=False,
        choices=[(method, GATEWAYS[method]) for method in PAYMENT_METHODS],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("How orders of this group may be paid. A way to pay that comes later is taken too."),
    )

    translations = TranslationsInput(ProductGroup)

    class Meta:
        model = ProductGroup
        fields = (
            "name",
            "slug",
            "headline",
            "tagline",
            "features",
            "translations",
            "order_form",
            "is_hidden",
            "position",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Staff who may only look have no fields.
        if "slug" not in self.fields:
            return
        self.fields["slug"].required = False
        self.fields["slug"].help_text = _("Left empty, it follows from the name. Old addresses go on leading here.")
        self.fields["is_hidden"].help_text = _("Not listed in the store; its direct link works.")
        self.fields["features"].widget.attrs["rows"] = 4
        closed = self.instance.closed_payment_methods
        self.initial["open_payment_methods"] = [method for method in PAYMENT_METHODS if method not in closed]

    def clean_open_payment_methods(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["open_payment_methods"]
        if not chosen:
            raise forms.ValidationError(_("Choose at least one, or nobody can pay for what is in the group."))
        return chosen

    @property
    def closed_payment_methods(self) -> list[str]:
        """What is kept. The form must be valid."""
        return [method for method in PAYMENT_METHODS if method not in self.cleaned_data["open_payment_methods"]]


@admin.register(ProductGroup)
class ProductGroupAdmin(ModelAdmin):  # type: ignore[misc]
    """Categories of the store."""

    form = ProductGroupForm
    list_display = ["name", "slug", "products", "layout", "is_hidden", "position"]
    list_filter = ["is_hidden", "order_form"]
    list_before_template = "admin/catalog/product/list_above.html"
    search_fields = ["name", "slug", "headline"]
    readonly_fields = ["payment_words", "translation_words"]
    change_form_outer_after_template = "admin/catalog/links.html"

    def get_fieldsets(self, request: HttpRequest, obj: ProductGroup | None = None) -> list[Any]:
        may_change = self.has_change_permission(request, obj)
        methods = "open_payment_methods" if may_change else "payment_words"
        translations = "translations" if may_change else "translation_words"
        return [
            (_("Details"), {"fields": ["name", "slug", "headline", "tagline", "features", translations]}),
            (_("Ordering"), {"fields": ["order_form", methods]}),
            (_("Other"), {"fields": ["is_hidden", "position"]}),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With ready links to the group below its form."""
        group = self.get_object(request, object_id) if object_id else None
        context = {**(extra_context or {}), **({"links": group_links(request, group)} if group else {})}
        try:
            page: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        except GroupInvalid:
            # Somebody took the address at the same moment. It is there now: the form finds that by itself.
            page = super().changeform_view(request, object_id, form_url, context)
        return page

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductGroup]:
        groups: QuerySet[ProductGroup] = super().get_queryset(request)
        return groups.annotate(product_count=Count("products"))

    def save_model(self, request: HttpRequest, obj: ProductGroup, form: ProductGroupForm, change: bool) -> None:
        """Through the action, which keeps an old address."""
        save_group(group=obj, values={"closed_payment_methods": form.closed_payment_methods})
        if change and not form.changed_data:
            return
        _record(request, "product_group.changed" if change else "product_group.added", obj, form.changed_data)

    def delete_model(self, request: HttpRequest, obj: ProductGroup) -> None:
        """With an event; a group with products is protected."""
        _record(request, "product_group.deleted", obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ProductGroup]) -> None:
        """With an event for each."""
        for group in queryset:
            _record(request, "product_group.deleted", group)
        super().delete_queryset(request, queryset)

    @admin.display(description=_("products"), ordering="product_count")
    def products(self, group: ProductGroup) -> int:
        return int(group.product_count)  # type: ignore[attr-defined]

    @admin.display(description=_("order form template"), ordering="order_form")
    def layout(self, group: ProductGroup) -> str:
        return str(OrderForm(group.order_form).label) if group.order_form else str(_("As the store settings say"))

    @admin.display(description=_("translations"))
    def translation_words(self, group: ProductGroup) -> str:
        return translated_words(group)

    @admin.display(description=_("payment methods"))
    def payment_words(self, group: ProductGroup) -> str:
        return ", ".join(str(GATEWAYS[each]) for each in PAYMENT_METHODS if each not in group.closed_payment_methods)


def _record(request: HttpRequest, name: str, group: ProductGroup, changed: list[str] | None = None) -> None:
    data = {"group": group.name, "changed": changed or []}
    record_event(name, now=database_now(), actor=str(request.user), data=data)
