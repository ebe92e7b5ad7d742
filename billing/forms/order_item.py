"""The order form of a product: the cycle, how many, and the product's own fields."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import cached_property
from django.utils.html import conditional_escape
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.fields import CHECKED, FieldsInvalid, clean_field_values, order_form_fields, split_options
from catalog.models import CustomField, FieldType, Price, Product, QuantityMode

FIELD_PREFIX = "field_"
MAX_QUANTITY = 50


class OrderItemForm(forms.Form):
    """What a client wants of one product. `prices`: what is offered to this reader, shortest cycle first.

    `check_address`: where one changed input is checked and the price is computed anew.
    """

    half_fields: ClassVar[frozenset[str]] = frozenset()
    cycle = forms.ChoiceField(label=_("Billing period"), widget=forms.RadioSelect)
    quantity = forms.IntegerField(
        label=_("Quantity"),
        min_value=1,
        max_value=MAX_QUANTITY,
        initial=1,
        help_text=_("Each one is a service of its own."),
    )

    def __init__(
        self, *arguments: Any, product: Product, prices: tuple[Price, ...], check_address: str, **options: Any
    ):
        super().__init__(*arguments, **options)
        self.product, self.prices = product, prices
        cycle = self.fields["cycle"]
        assert isinstance(cycle, forms.ChoiceField)
        cycle.choices = [(price.cycle, price.get_cycle_display()) for price in prices]
        cycle.initial = prices[0].cycle
        if product.quantity_mode == QuantityMode.ONE:
            del self.fields["quantity"]
        for custom in order_form_fields(product):
            self.fields[FIELD_PREFIX + custom.key] = _input_for(custom)
        for field in self.fields.values():
            field.widget.attrs["hx-post"] = check_address

    @property
    def summary_forms(self) -> list[forms.BaseForm]:
        """What the list of errors on top covers."""
        return [self]

    @cached_property
    def cycle_choices(self) -> list[tuple[Any, Price]]:
        """Each radio button with the price behind it."""
        return list(zip(self["cycle"], self.prices, strict=True))

    @property
    def product_fields(self) -> list[BoundField]:
        """The product's own fields, in display order."""
        return [bound for bound in self if bound.name.startswith(FIELD_PREFIX)]

    def clean(self) -> dict[str, Any]:
        """Judges the product's fields; `cleaned_data["fields"]` then holds key → value as it will be kept."""
        cleaned = super().clean() or {}
        values = {
            name.removeprefix(FIELD_PREFIX): _as_text(cleaned.get(name, ""))
            for name in self.fields
            if name.startswith(FIELD_PREFIX)
        }
        cleaned["fields"] = {}
        try:
            cleaned["fields"] = clean_field_values(self.product, values)
        except FieldsInvalid as error:
            self.add_field_errors(error.errors)
        return cleaned

    def add_field_errors(self, errors: Mapping[str, list[str]]) -> None:
        """Puts messages (field key → messages) beside their fields; what has no field here goes on top."""
        for key, messages in errors.items():
            name = FIELD_PREFIX + key
            for message in messages:
                self.add_error(name if name in self.fields else None, message)

    @property
    def chosen_price(self) -> Price:
        """The price of the chosen cycle; of the first one while nothing valid is chosen."""
        chosen = self["cycle"].value()
        return next((price for price in self.prices if price.cycle == chosen), self.prices[0])


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return CHECKED if value else ""
    return str(value)


def _input_for(custom: CustomField) -> forms.Field:
    """The input of a custom field; what is allowed in it is judged by the catalog alone."""
    common: dict[str, Any] = {
        "label": gettext(custom.label) if custom.label else custom.key,
        "help_text": conditional_escape(gettext(custom.description)) if custom.description else "",
        "required": custom.is_required,
    }
    field: forms.Field
    if custom.type == FieldType.DROPDOWN:
        options = split_options(custom)
        field = forms.CharField(widget=forms.Select(choices=[("", "—"), *((o, o) for o in options)]), **common)
    elif custom.type == FieldType.CHECKBOX:
        field = forms.BooleanField(**common)
    else:
        field = forms.CharField(widget=_text_widget(custom), strip=True, **common)
    # Shown as required, but not judged here: the catalog's message would come on top of Django's.
    field.validate = lambda value: None  # type: ignore[method-assign]
    return field


def _text_widget(custom: CustomField) -> forms.Widget:
    attrs = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
    if custom.type == FieldType.TEXTAREA:
        return forms.Textarea(attrs={**attrs, "rows": 6, "class": "mono-input"})
    if custom.type == FieldType.PASSWORD:
        return forms.PasswordInput(attrs={**attrs, "autocomplete": "new-password"}, render_value=True)
    if custom.type == FieldType.LINK:
        return forms.TextInput(attrs={**attrs, "inputmode": "url"})
    if "ip" in custom.key.split("_"):
        # A numeric keypad has no dot on some phones; "decimal" does.
        return forms.TextInput(attrs={**attrs, "inputmode": "decimal", "class": "mono-input"})
    return forms.TextInput(attrs=attrs)
