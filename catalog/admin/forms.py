"""The form of a product in the back office: the rules of the catalog, each error on its own field."""

from copy import copy
from functools import partial
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import construct_instance
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from catalog.actions.products import WRITABLE, complete_product
from catalog.admin.colors import ColorWidget
from catalog.admin.price_grid import stored_cells
from catalog.admin.product_prices import ProductPricesField, product_rows
from catalog.admin.translations import TranslationsInput
from catalog.admin.window_days import WindowDaysField
from catalog.checks import PriceValues, check_product
from catalog.models import Currency, LetterKind, Product
from catalog.modules import KIND_LABELS, MODULES, allowed_cycles, allowed_once_periods, find_product_tariff
from catalog.queries_costs import product_margins
from catalog.queries_letters import letter_choices
from noc.schemas import Tariff

ORIGINS: Final = {"live": _("live price list"), "built-in": _("built-in table")}
# What decides which tariff is meant, and with it which periods are sold.
TARIFF_INPUTS: Final = ("module", "server_group", "tariff_id", "is_tariff_unchecked")


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]
    """A product with its prices, addons and cross-sells."""

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
    welcome_letter = forms.ChoiceField(
        label=_("Welcome e-mail"),
        required=False,
        choices=partial(letter_choices, LetterKind.WELCOME),
        widget=UnfoldAdminSelectWidget,
    )
    term_letter = forms.ChoiceField(
        label=_("Termination e-mail"),
        required=False,
        choices=partial(letter_choices, LetterKind.TERMINATION),
        widget=UnfoldAdminSelectWidget,
    )
    prices = ProductPricesField(label=_("Prices"), required=False)
    on_demand_days = WindowDaysField(label=_("Days before due"))
    translations = TranslationsInput(Product)

    class Meta:
        model = Product
        fields = [*sorted(WRITABLE), "addons", "cross_sells"]
        widgets = {"color": ColorWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Staff who may only look have no fields.
        if "slug" not in self.fields:
            return
        self.fields["slug"].required = False
        self.fields["slug"].help_text = _("Left empty, it follows from the name.")
        # It falls with each order: a page that was open meanwhile must not put back what has been sold.
        self.fields["stock_quantity"].show_hidden_initial = True
        self.fields["server_group"].empty_label = _("None: the default server")  # type: ignore[attr-defined]
        self.fields["cross_sells"].help_text = _("Recommended while this product is ordered. Type to search.")
        self.fields["addons"].help_text = _(
            "Offered on the order form of this product and on the services that clients have of it. Type to search."
        )
        for name in ("short_description", "description"):
            self.fields[name].widget.attrs["rows"] = 3
        self.fields["tariff_id"].help_text = format_html('<span id="tariff-words">{}</span>', self.tariff_words)
        self._fill_prices()
        self._ask_anew()

    @cached_property
    def tariff(self) -> Tariff | None:
        """The tariff behind the Product ID as it stands in the form."""
        draft = copy(self.instance)
        for name in TARIFF_INPUTS:
            if self.is_bound:
                try:
                    setattr(draft, name, self.fields[name].clean(self._typed(name)))
                except ValidationError:
                    continue
        draft.tariff_id = draft.tariff_id.strip()
        self.is_tariff_checked = not draft.is_tariff_unchecked
        return find_product_tariff(draft)

    @property
    def tariff_words(self) -> str:
        """What is known of the tariff, for the place below the Product ID."""
        typed = self._typed("tariff_id") if self.is_bound else self.instance.tariff_id
        if not str(typed or "").strip():
            return gettext("The number of the tariff in the partner's price list.")
        return describe_tariff(self.tariff)

    def _typed(self, name: str) -> Any:
        """What was sent for an input. A bound field would keep the texts that its field has now."""
        return self.fields[name].widget.value_from_datadict(self.data, self.files, self.add_prefix(name))

    def _fill_prices(self) -> None:
        field = self.fields["prices"]
        assert isinstance(field, ProductPricesField)
        tariff = self.tariff if self.tariff and self.is_tariff_checked else None
        stored_product = self.instance if self.instance.pk and self.instance.module else None
        margins = product_margins([stored_product]).get(stored_product.pk, []) if stored_product else []
        field.set_rows(product_rows(Currency.objects.all(), tariff, margins))
        stored = self.instance.prices.all() if self.instance.pk else []
        self.initial["prices"] = stored_cells(field.rows, stored)

    def _ask_anew(self) -> None:
        """Another tariff sells other periods: the table follows what is typed."""
        address = reverse("admin:catalog_product_prices")
        if self.instance.pk:
            address = f"{address}?product={self.instance.pk}"
        for name in TARIFF_INPUTS:
            self.fields[name].widget.attrs |= {
                "hx-post": address,
                "hx-trigger": "change",
                "hx-target": "#id_prices",
                "hx-swap": "outerHTML",
            }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        product = construct_instance(self, copy(self.instance))
        complete_product(product)
        prices = cleaned.get("prices")
        others = {name: list(cleaned.get(name) or ()) for name in ("addons", "cross_sells")}
        errors = check_product(product=product, prices=prices, **others)
        for field, messages in errors.items():
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, messages)
        return cleaned

    def prices_to_write(self) -> list[PriceValues] | None:
        """All prices; None where nothing of them was changed."""
        if self.instance.pk and "prices" not in self.changed_data:
            return None
        prices: list[PriceValues] = self.cleaned_data["prices"]
        return prices


def describe_tariff(tariff: Tariff | None) -> str:
    """Name, origin and possible periods of a tariff."""
    if tariff is None:
        return gettext("No price list shows this Product ID.")
    cycles = [str(cycle.label) for cycle in allowed_cycles(tariff)]
    periods = ", ".join(cycles) or ", ".join(map(str, allowed_once_periods(tariff))) or "-"
    return f"{tariff.name} · {ORIGINS[tariff.source]} · {periods}"
