"""What stands on which tab of a product: the tabs and the order of guide B."""

from dataclasses import replace
from typing import Any, Final

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.admin.custom_fields import CustomFieldInline
from catalog.admin.forms import describe_tariff
from catalog.admin.options import OptionInline
from catalog.admin.tabs import Tab
from catalog.admin.translations import translated_words
from catalog.models import Cycle, Product
from catalog.modules import find_product_tariff
from catalog.money import round_money

TABS: Final = (
    Tab(
        "details",
        gettext_lazy("Details"),
        fieldsets=(
            (None, {"fields": ["group", ("name", "slug"), "tagline", "short_description", "description", "color"]}),
            (None, {"fields": ["welcome_letter", "is_domain_required", ("has_stock_control", "stock_quantity")]}),
            (None, {"fields": ["tax_treatment", "is_featured", "is_hidden", "is_retired"]}),
            (None, {"fields": ["translations"]}),
        ),
    ),
    Tab(
        "pricing",
        gettext_lazy("Pricing"),
        fieldsets=(
            (None, {"fields": ["payment_type", "prices", "quantity_mode"]}),
            (
                gettext_lazy("How long it lasts"),
                {"fields": ["recurring_limit", ("fixed_term_days", "term_letter")]},
            ),
            (
                gettext_lazy("Prorata billing"),
                {"fields": ["is_prorata", ("prorata_day", "prorata_next_after")]},
            ),
            (gettext_lazy("On-demand renewals"), {"fields": ["on_demand", "on_demand_days"]}),
        ),
    ),
    Tab(
        "module",
        gettext_lazy("Module settings"),
        fieldsets=(
            (None, {"fields": ["module", "server_group", "tariff_id", "admin_phone", "auto_setup"]}),
            (
                gettext_lazy("Seldom needed"),
                {"fields": [("partner_period", "kind"), "is_tariff_unchecked", ("at_end", "node_base")]},
            ),
        ),
    ),
    Tab(
        "fields",
        gettext_lazy("Custom fields"),
        inlines=(CustomFieldInline,),
        template="admin/catalog/product/renames.html",
    ),
    Tab("options", gettext_lazy("Configurable options"), inlines=(OptionInline,)),
    Tab(
        "cross-sells",
        gettext_lazy("Cross-sells"),
        fieldsets=((None, {"fields": ["cross_sells"]}), (gettext_lazy("Addons"), {"fields": ["is_addon", "addons"]})),
    ),
    Tab(
        "other",
        gettext_lazy("Other"),
        fieldsets=(
            (
                gettext_lazy("Affiliates"),
                {"fields": [("affiliate_pay", "affiliate_amount"), "is_affiliate_once"]},
            ),
            (gettext_lazy("Place in the store"), {"fields": ["position"]}),
        ),
    ),
    Tab("links", gettext_lazy("Links"), template="admin/catalog/links.html"),
)
# Not there before the product is: they hang on it.
LATER: Final = frozenset({"fields", "options", "links"})
# Inputs that say nothing to those who may only look, and what is shown to them instead.
IN_WORDS: Final = {
    "prices": "price_words",
    "on_demand_days": "window_words",
    "translations": "translation_words",
    "tariff_id": ("tariff_id", "tariff_words"),
}


def tabs_of_new() -> list[Tab]:
    """The tabs of a product that is not there yet."""
    return [tab for tab in TABS if tab.code not in LATER]


class ReadOnlyWords:
    """The product for staff who may only look."""

    readonly_fields = ["price_words", "window_words", "tariff_words", "translation_words"]

    def read_only_tabs(self) -> list[Tab]:
        """The same tabs, inputs replaced by words."""
        return [
            replace(
                tab,
                fieldsets=tuple(
                    (title, {**options, "fields": [_in_words(line) for line in options["fields"]]})
                    for title, options in tab.fieldsets
                ),
            )
            for tab in TABS
        ]

    @admin.display(description=gettext_lazy("prices"))
    def price_words(self, product: Product) -> str:
        """`Monthly, EUR: 5.00, setup fee 1.00; …`."""
        rows = sorted(
            product.prices.select_related("currency"),
            key=lambda row: (row.currency_id, Cycle.values.index(row.cycle)),
        )
        return "; ".join(
            _("%(cycle)s, %(currency)s: %(price)s, setup fee %(setup_fee)s")
            % {
                "cycle": row.get_cycle_display(),
                "currency": row.currency_id,
                "price": round_money(row.price, precision=row.currency.precision),
                "setup_fee": round_money(row.setup_fee, precision=row.currency.precision),
            }
            for row in rows
        )

    @admin.display(description=gettext_lazy("days before due"))
    def window_words(self, product: Product) -> str:
        """`Monthly: 10, Annually: 30`."""
        return ", ".join(f"{Cycle(cycle).label}: {days}" for cycle, days in product.on_demand_days.items())

    @admin.display(description=gettext_lazy("translations"))
    def translation_words(self, product: Product) -> str:
        """`Russian: name: Лицензия`, a line each."""
        return translated_words(product)

    @admin.display(description=gettext_lazy("tariff"))
    def tariff_words(self, product: Product) -> str:
        return describe_tariff(find_product_tariff(product)) if product.module else ""


def _in_words(line: Any) -> Any:
    return IN_WORDS.get(line, line) if isinstance(line, str) else line
