"""Forms of a product in the back office: the rules of `catalog.checks`, each error on its own field."""

from copy import copy
from typing import Any

from django import forms
from django.forms.models import BaseInlineFormSet, construct_instance
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from catalog.actions.products import WRITABLE, complete_product
from catalog.checks import PriceValues, check_product
from catalog.models import Price, Product
from catalog.modules import KIND_LABELS, MODULES
from catalog.money import round_money


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]
    """A product without its prices; those are checked by their formset."""

    module = forms.ChoiceField(
        label=_("Module"),
        required=False,
        choices=[("", _("None")), *((code, module.label) for code, module in MODULES.items())],
        widget=UnfoldAdminSelectWidget,
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[
            ("", _("Follows from the Product ID")),
            *((kind, label) for kind, label in KIND_LABELS.items() if any(m.can_sell(kind) for m in MODULES.values())),
        ],
        widget=UnfoldAdminSelectWidget,
        help_text=_("Needed only where no price list shows the Product ID."),
    )

    addons = forms.ModelMultipleChoiceField(
        label=_("Addons"),
        required=False,
        queryset=Product.objects.filter(is_addon=True).order_by("name", "id"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Offered on the order form of this product and on the services that clients have of it."),
    )

    class Meta:
        model = Product
        fields = [*sorted(WRITABLE), "addons"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Staff who may only look have no fields.
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = _("Left empty, it follows from the name.")
        if "server_group" in self.fields:
            self.fields["server_group"].empty_label = _("None: the default server")  # type: ignore[attr-defined]
        if "addons" in self.fields and self.instance.pk:
            offered = self.fields["addons"].queryset.exclude(pk=self.instance.pk)  # type: ignore[attr-defined]
            self.fields["addons"].queryset = offered  # type: ignore[attr-defined]
        for name in {"short_description", "description"} & set(self.fields):
            self.fields[name].widget.attrs["rows"] = 3

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        product = construct_instance(self, copy(self.instance))
        complete_product(product)
        addons = list((cleaned or {}).get("addons") or ())
        for field, messages in check_product(product=product, prices=None, addons=addons).items():
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, messages)
        return cleaned


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    """One price, shown with as many decimals as its currency has."""

    class Meta:
        model = Price
        fields = ("currency", "cycle", "price", "setup_fee")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("price", "setup_fee"):
                amount, precision = getattr(self.instance, name), self.instance.currency.precision
                self.initial[name] = round_money(amount, precision=precision)


class PriceFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The prices of a product, checked together with what the product will be."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        product = copy(self.instance)
        complete_product(product)
        errors = check_product(product=product, prices=self.price_values())
        if messages := errors.get("prices"):
            raise forms.ValidationError(messages)

    def price_values(self) -> list[PriceValues]:
        """The prices that stay or are added; the form must be valid."""
        rows = [form.cleaned_data for form in self.forms if not form.cleaned_data.get("DELETE")]
        return [
            PriceValues(row["currency"], row["cycle"], row["price"], row["setup_fee"]) for row in rows if "cycle" in row
        ]
