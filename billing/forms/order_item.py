"""The order form of a product: the cycle, how many, its options and fields, and the addons that go with it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.forms.boundfield import BoundField
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from billing.forms.product_inputs import FIELD_PREFIX, OPTION_PREFIX, ProductInputs
from billing.queries.addons import AddonParent, addon_price, asks_domain, supplied_values
from billing.queries.order_units import find_sharing_fault, most_units, stock_words
from billing.queries.terms import PricingTerms
from catalog.fields import is_sold_singly
from catalog.models import Price, Product
from catalog.pricing import PricedItem


class AddonInputs(ProductInputs):
    """An addon offered with a product: wanted or not, and its own options and fields. `prices` holds one price."""

    chosen = forms.BooleanField(required=False)

    @property
    def is_chosen(self) -> bool:
        """Whether it is wanted so far."""
        return bool(self["chosen"].value())

    def clean(self) -> dict[str, Any]:
        """What is not wanted is not judged."""
        if not self.is_chosen:
            self.errors.clear()
            return {}
        return super().clean()


class OrderItemForm(ProductInputs):
    """What a client wants of one product. `parent`: the service that an addon is ordered for.

    `addons` are offered with it; the inputs of each go by the prefix `addon_<id>`, behind the form's own if it has one.
    """

    cycle = forms.ChoiceField(label=_("Billing period"), widget=forms.RadioSelect)
    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, initial=1)

    def __init__(
        self,
        *arguments: Any,
        product: Product,
        prices: Sequence[Price],
        parent: AddonParent | None = None,
        addons: Sequence[Product] = (),
        **options: Any,
    ) -> None:
        supplied = supplied_values(product, parent) if parent else {}
        super().__init__(
            *arguments,
            product=product,
            prices=prices,
            supplied=supplied,
            is_domain_asked=asks_domain(product, parent),
            **options,
        )
        self.parent_product = parent.product if parent else None
        cycle = self.fields["cycle"]
        assert isinstance(cycle, forms.ChoiceField)
        cycle.choices = [(price.cycle, price.get_cycle_display()) for price in prices]
        usual = addon_price(product, cycle=parent.cycle, currency=self.currency) if parent else None
        cycle.initial = (usual or prices[0]).cycle
        self._fit_quantity(is_addon=parent is not None)
        self.addon_forms = [form for addon in addons if (form := self._addon_form(addon, options["check_address"]))]

    def _fit_quantity(self, *, is_addon: bool) -> None:
        """No input where one is sold at a time; the largest number, and what several of them are."""
        if is_addon or is_sold_singly(self.product):
            del self.fields["quantity"]
            return
        quantity = self.fields["quantity"]
        is_scaling, most = self.product.is_scaling, most_units(self.product)
        quantity.validators.append(MaxValueValidator(most))
        quantity.widget.attrs["max"] = most
        quantity.help_text = _("All of them are one service.") if is_scaling else _("Each one is a service of its own.")

    def clean(self) -> dict[str, Any]:
        """What several of them cannot share is told on the quantity, and so is the stock where there is a choice."""
        cleaned = super().clean()
        quantity = cleaned.get("quantity") or 1
        if self.product.has_stock_control and quantity > self.product.stock_quantity:
            place = "quantity" if "quantity" in self.fields else None
            self.add_error(place, stock_words(self.product.stock_quantity))
        if not self.errors and (fault := find_sharing_fault(self.product, quantity, cleaned["fields"])):
            self.add_error("quantity", fault)
        return cleaned

    def _addon_form(self, addon: Product, check_address: str) -> AddonInputs | None:
        """None for an addon that is not sold in this currency."""
        price = addon_price(addon, cycle=self.chosen_price.cycle, currency=self.currency)
        if price is None:
            return None
        name = f"addon_{addon.pk}"
        return AddonInputs(
            self.data if self.is_bound else None,
            product=addon,
            prices=[price],
            currency=self.currency,
            check_address=check_address,
            supplied=supplied_values(addon, self._as_parent()),
            is_domain_asked=asks_domain(addon, self._as_parent()),
            prefix=self.add_prefix(name),
            initial=self.initial.get(name),
        )

    def _as_parent(self) -> AddonParent:
        """This product as what addons are added to: a required address will be there for them to take over."""
        address = self.fields.get(f"{FIELD_PREFIX}ip")
        typed = str(self[f"{FIELD_PREFIX}ip"].value() or "").strip() if address else ""
        ip = None if address is not None and address.required else typed
        domain = None if self.product.is_domain_required else ""
        return AddonParent(self.product, self.chosen_price.cycle, 1, ip, domain=domain)

    @property
    def chosen_addons(self) -> list[AddonInputs]:
        """The addons that are wanted."""
        return [form for form in self.addon_forms if form.is_chosen]

    @property
    def summary_forms(self) -> list[forms.BaseForm]:
        """What the list of errors on top covers."""
        return [self, *self.chosen_addons]

    @property
    def has_errors(self) -> bool:
        """Whether anything of what is wanted is wrong."""
        return any(form.errors for form in self.summary_forms)

    def is_valid(self) -> bool:
        """Judges what is wanted, addons too, so that all errors show at once."""
        return self.is_bound and not self.has_errors

    @cached_property
    def cycle_choices(self) -> list[tuple[Any, Price]]:
        """Each radio button with the price behind it."""
        return list(zip(self["cycle"], self.prices, strict=True))

    @property
    def chosen_price(self) -> Price:
        chosen = self["cycle"].value()
        return next((price for price in self.prices if price.cycle == chosen), self.prices[0])

    @property
    def chosen_quantity(self) -> int | None:
        """How many are wanted so far; None while the number makes no sense."""
        if "quantity" not in self.fields:
            return 1
        try:
            return int(self.fields["quantity"].clean(self["quantity"].value()))
        except forms.ValidationError:
            return None

    def priced_items(self, terms: PricingTerms) -> list[PricedItem] | None:
        """The product and the chosen addons in the words of the price engine; None while a number makes no sense.

        An addon is one for each service of the product.
        """
        quantity = self.chosen_quantity
        items: list[PricedItem] = []
        for form in [self, *self.chosen_addons]:
            options = form.chosen_options()
            if quantity is None or options is None:
                return None
            price = form.chosen_price
            precision = self.currency.precision
            items.append(
                terms.price(
                    price,
                    product=form.product,
                    quantity=quantity if form is self else self.product.count_services(quantity),
                    precision=precision,
                    options=options,
                    parent=self.product if form is not self else self.parent_product,
                )
            )
        return items

    def find_input(self, name: str) -> BoundField | None:
        """The input that goes by `name` on the page, the addons' too."""
        for form in (self, *self.addon_forms):
            for bound in form:
                if bound.html_name == name:
                    return bound
        return None


def initial_values(fields: Mapping[str, str], options: Mapping[str, int]) -> dict[str, Any]:
    """What inputs of a product start with: values by key, counts by key."""
    return {
        **{FIELD_PREFIX + key: value for key, value in fields.items()},
        **{OPTION_PREFIX + key: count for key, count in options.items()},
    }
