"""Configurable options on the page of their product, judged by the rules of `catalog.actions.options`."""

from copy import copy
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline

from catalog.actions.options import find_option_faults, replace_option_prices
from catalog.actions.products import complete_product
from catalog.admin.price_grid import GridRow, PriceGridField, stored_cells
from catalog.admin.translations import TranslationsInput
from catalog.models import Currency, Cycle, PaymentType, Product, ProductOption


class OptionForm(forms.ModelForm):  # type: ignore[type-arg]
    """An option with all its prices. `rows`: the periods and currencies that it may be priced for."""

    price_grid = PriceGridField(
        label=_("prices"),
        required=False,
        help_text=_("Added to each period. Without a price, the option is not offered for that period."),
    )

    translations = TranslationsInput(ProductOption)

    class Meta:
        model = ProductOption
        fields = ("key", "label", "translations", "addon_id", "minimum", "maximum", "is_hidden", "position")

    def __init__(self, *args: Any, rows: list[GridRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grid = self.fields.get("price_grid")
        # Staff who may only look have no fields.
        if not isinstance(grid, PriceGridField):
            return
        grid.set_rows(rows)
        stored = self.instance.prices.all() if self.instance.pk else []
        self.initial["price_grid"] = stored_cells(rows, stored)

    def clean(self) -> dict[str, Any] | None:
        """In words, and on its field: else the database's constraint would speak."""
        cleaned = super().clean() or {}
        least, most = cleaned.get("minimum"), cleaned.get("maximum")
        if least is not None and most is not None and most < least:
            self.add_error("maximum", _("The most is below the least."))
        return cleaned


class OptionFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The options of a product, checked together with what the product will be."""

    @cached_property
    def rows(self) -> list[GridRow]:
        """The periods that the product is sold for, and those that an option has a price for already."""
        product = self.instance
        if product.payment_type == PaymentType.FREE:
            return [GridRow(currency, Cycle.ONE_TIME) for currency in Currency.objects.order_by("code")]
        currencies = Currency.objects.in_bulk()
        offered = set(product.prices.values_list("currency_id", "cycle"))
        offered |= set(product.options.filter(prices__isnull=False).values_list("prices__currency", "prices__cycle"))
        known = sorted(offered, key=lambda pair: (pair[0], Cycle.values.index(pair[1])))
        return [GridRow(currencies[code], Cycle(cycle)) for code, cycle in known]

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "rows": self.rows}

    def clean(self) -> None:
        super().clean()
        product: Product = copy(self.instance)
        complete_product(product)
        others: list[ProductOption] = []
        for form in self._kept_forms():
            if form.errors:
                continue
            prices = form.cleaned_data.get("price_grid") or []
            for name, message in find_option_faults(product, form.instance, prices, others=others):
                form.add_error("price_grid" if name == "prices" else name, message)
            others.append(form.instance)

    def save_all(self) -> None:
        """Writes options and prices. Call it in a transaction."""
        with transaction.atomic():
            self.save()
            for form in self._kept_forms():
                if "price_grid" in form.changed_data:
                    replace_option_prices(form.instance, form.cleaned_data["price_grid"])

    def _kept_forms(self) -> list[Any]:
        return [
            form
            for form in self.forms
            if (form.instance.pk or form.has_changed()) and form not in self._dropped_forms()
        ]

    def _dropped_forms(self) -> list[Any]:
        """The forms marked for deletion, also while others are wrong."""
        return [form for form in self.forms if self.can_delete and self._should_delete_form(form)]  # type: ignore[attr-defined]


class OptionInline(StackedInline):  # type: ignore[misc]
    """Folded to a line each; dragged into order, or ordered by number."""

    model = ProductOption
    form = OptionForm
    formset = OptionFormSet
    extra = 0
    ordering = ["position", "id"]
    ordering_field = "position"
    collapsible = True
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("label", "key"),
                    ("minimum", "maximum"),
                    "price_grid",
                    ("addon_id", "position"),
                    "is_hidden",
                    "translations",
                ]
            },
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductOption]:
        options: QuerySet[ProductOption] = super().get_queryset(request)
        return options.prefetch_related("prices")
