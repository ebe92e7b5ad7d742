"""The inputs of one product on an order form: its options, counted by number, and its own fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any, ClassVar, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.translation import get_language, gettext, gettext_lazy

from catalog.domains import DomainInvalid, clean_domain
from catalog.fields import CHECKED, FieldsInvalid, clean_field_values, order_form_fields, split_options
from catalog.models import Currency, CustomField, FieldType, Price, Product, ProductOption
from catalog.modules import product_field_specs
from catalog.money import format_money
from catalog.options import ChosenOption, OptionsInvalid, choose_options, offered_options, option_label

FIELD_PREFIX = "field_"
OPTION_PREFIX = "option_"
DOMAIN = "domain"
# Keys that begin alike belong together (the partner's names, partner-api.md §6.9): title, and whether it starts folded.
SECTIONS: Final[Mapping[str, tuple[str | Promise, bool]]] = {
    "adm_": (gettext_lazy("Administrative contact"), False),
    "tech_": (gettext_lazy("Technical contact"), True),
    "org_": (gettext_lazy("Organization data"), False),
}


@dataclass(frozen=True, slots=True)
class FieldSection:
    """Inputs that belong together; "" is the title of those that stand alone. Folded ones open where one is wrong."""

    title: str | Promise
    fields: tuple[BoundField, ...]
    is_folded: bool = False


class ProductInputs(forms.Form):
    """`supplied` fields come from what an addon is added to: they are not asked. `is_domain_asked`: a domain is.

    `prices` are those offered to this reader, shortest cycle first; `check_address` is where one changed input is
    checked and the price is computed anew.
    """

    half_fields: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self,
        *arguments: Any,
        product: Product,
        prices: Sequence[Price],
        currency: Currency,
        check_address: str,
        supplied: Mapping[str, str] = MappingProxyType({}),
        is_domain_asked: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self.product, self.prices, self.currency, self.supplied = product, prices, currency, supplied
        if is_domain_asked:
            self.fields[DOMAIN] = _domain_input()
        for option in offered_options(product, currency, cycles=[price.cycle for price in prices]):
            self.fields[OPTION_PREFIX + option.key] = _count_of(option, prices, is_scaling=product.is_scaling)
        labels = {spec.key: dict(spec.choices) for spec in product_field_specs(product)}
        for custom in order_form_fields(product, supplied=supplied):
            self.fields[FIELD_PREFIX + custom.key] = _input_for(custom, labels.get(custom.key, {}))
        for field in self.fields.values():
            field.widget.attrs["hx-post"] = check_address

    @property
    def product_fields(self) -> list[BoundField]:
        """The domain, the product's options and its own fields, in display order."""
        return [bound for bound in self if bound.name == DOMAIN or bound.name.startswith((OPTION_PREFIX, FIELD_PREFIX))]

    @property
    def field_sections(self) -> list[FieldSection]:
        """The same, in sections."""
        return [
            _section(prefix, tuple(fields))
            for prefix, fields in groupby(self.product_fields, key=lambda bound: _section_prefix(bound.name))
        ]

    @property
    def chosen_price(self) -> Price:
        """The price of the chosen cycle; of the first one while nothing valid is chosen."""
        return self.prices[0]

    def chosen_options(self) -> tuple[ChosenOption, ...] | None:
        """What is chosen so far, with prices; None while a number makes no sense."""
        counts: dict[str, int] = {}
        for name in self._names_of(OPTION_PREFIX):
            try:
                counts[name.removeprefix(OPTION_PREFIX)] = self.fields[name].clean(self[name].value()) or 0
            except ValidationError:
                return None
        try:
            return choose_options(self.product, counts, cycle=self.chosen_price.cycle, currency=self.currency)
        except OptionsInvalid:
            return None

    def clean(self) -> dict[str, Any]:
        """Judges fields, options and domain as the catalog does.

        `cleaned_data` then holds key → value, key → count and the domain ("": not asked) as they will be kept.
        """
        cleaned = super().clean() or {}
        fields = {
            name.removeprefix(FIELD_PREFIX): _as_text(cleaned.get(name, "")) for name in self._names_of(FIELD_PREFIX)
        }
        cleaned["fields"] = {}
        try:
            values = clean_field_values(self.product, fields, supplied=self.supplied)
            cleaned["fields"] = {key: value for key, value in values.items() if key not in self.supplied}
        except FieldsInvalid as error:
            self._add_errors(FIELD_PREFIX, error.errors)
        cleaned["options"] = self._clean_options(cleaned)
        cleaned[DOMAIN] = self._clean_domain(cleaned.get(DOMAIN, ""))
        return cleaned

    def _clean_domain(self, typed: str) -> str:
        if not typed:
            return ""
        try:
            return clean_domain(typed)
        except DomainInvalid as invalid:
            self.add_error(DOMAIN, str(invalid))
            return ""

    def _clean_options(self, cleaned: Mapping[str, Any]) -> dict[str, int]:
        names = [name for name in self._names_of(OPTION_PREFIX) if name not in self.errors]
        counts = {name.removeprefix(OPTION_PREFIX): cleaned.get(name) or 0 for name in names}
        try:
            choose_options(self.product, counts, cycle=self.chosen_price.cycle, currency=self.currency)
        except OptionsInvalid as error:
            # What could not be read as a number has its message already.
            self._add_errors(OPTION_PREFIX, {key: words for key, words in error.errors.items() if key in counts})
        return {key: count for key, count in counts.items() if count}

    def _names_of(self, prefix: str) -> list[str]:
        return [name for name in self.fields if name.startswith(prefix)]

    def _add_errors(self, prefix: str, errors: Mapping[str, list[str]]) -> None:
        """Puts messages (key → messages) beside their inputs; what has no input here goes on top."""
        for key, messages in errors.items():
            for message in messages:
                self.add_error(prefix + key if prefix + key in self.fields else None, message)


def _section_prefix(name: str) -> str:
    key = name.removeprefix(FIELD_PREFIX)
    return next((prefix for prefix in SECTIONS if key.startswith(prefix)), "")


def _section(prefix: str, fields: tuple[BoundField, ...]) -> FieldSection:
    title, starts_folded = SECTIONS.get(prefix, ("", False))
    is_used = any(bound.errors or bound.value() for bound in fields)
    return FieldSection(title, fields, is_folded=starts_folded and not is_used)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return CHECKED if value else ""
    return str(value)


def _domain_input() -> forms.Field:
    """What is a domain name is judged by the catalog alone."""
    attrs = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none", "inputmode": "url"}
    return forms.CharField(
        label=gettext("Domain"),
        help_text=gettext("The domain name that it is for, such as example.com."),
        error_messages={"required": gettext("Enter the domain name that it is for.")},
        widget=forms.TextInput(attrs=attrs),
    )


def _count_of(option: ProductOption, prices: Sequence[Price], *, is_scaling: bool) -> forms.Field:
    """A number; its limits are judged by the catalog alone. Below it, what one costs for each period."""
    language = get_language() or settings.LANGUAGE_CODE
    costs = {row.cycle: row for row in option.prices.all() if row.currency_id == prices[0].currency_id}
    words = [
        f"{price.get_cycle_display()}: {format_money(costs[price.cycle].price, price.currency_id, language=language)}"
        for price in prices
        if price.cycle in costs
    ]
    price_words = gettext("Price of one: %(prices)s.") % {"prices": " · ".join(words)}
    each_words = gettext("So many for each unit.") if is_scaling else ""
    return forms.IntegerField(
        label=option_label(option),
        initial=option.minimum,
        required=False,
        help_text=" ".join(filter(None, (price_words, each_words))),
        widget=forms.NumberInput(attrs={"min": option.minimum, "max": option.maximum, "inputmode": "numeric"}),
    )


def _input_for(custom: CustomField, labels: Mapping[str, str | Promise]) -> forms.Field:
    """The input of a custom field; what is allowed in it is judged by the catalog alone."""
    common: dict[str, Any] = {
        "label": custom.words.label or custom.key,
        "help_text": conditional_escape(custom.words.description),
        "required": custom.is_required,
    }
    field: forms.Field
    if custom.type == FieldType.DROPDOWN:
        choices = [("", "—"), *((option, labels.get(option, option)) for option in split_options(custom))]
        field = forms.CharField(widget=forms.Select(choices=choices), **common)
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
