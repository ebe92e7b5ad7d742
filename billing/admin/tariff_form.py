"""The form that turns tariffs of a price list into products: which, for whom, at what price."""

import secrets
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.forms import BoundField
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from billing.admin.forms import BackOfficeForm
from catalog.markups import Markup
from catalog.models import Currency, ProductGroup, Rounding
from catalog.periods import CYCLE_MONTHS
from catalog.queries_tariffs import SaleCurrency, TariffOffer, Wishes, buys_at
from noc.models import Server, ServerGroup

CYCLES: Final = [(cycle.value, cycle.label) for cycle in CYCLE_MONTHS]
SMALLEST_RATE: Final = Decimal("0.00000001")
PARTS: Final = ("sell", "rate", "percent", "fixed", "rounding")


class TariffForm(BackOfficeForm):
    """`offers`: what the account's list shows; only what can become a product may be chosen."""

    group = forms.ModelChoiceField(ProductGroup.objects.all(), label=gettext_lazy("Product group"), empty_label=None)
    server_group = forms.ModelChoiceField(
        ServerGroup.objects.all(),
        label=gettext_lazy("Server group"),
        required=False,
        empty_label=gettext_lazy("None: the default server"),
        help_text=gettext_lazy("Where the products are bought; this account has to be among its servers."),
    )
    cycles = forms.MultipleChoiceField(
        label=gettext_lazy("Periods"),
        choices=CYCLES,
        initial=[code for code, _label in CYCLES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("Of these, each product gets those that its tariff is sold for."),
    )
    is_hidden = forms.BooleanField(
        label=gettext_lazy("Hidden at first"),
        required=False,
        help_text=gettext_lazy("Not listed in the store until you show them; direct links work."),
    )
    makes_twins = forms.BooleanField(
        label=gettext_lazy("Also where the group has a product of the tariff already"), required=False
    )
    token = forms.CharField(widget=forms.HiddenInput, max_length=64)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, server: Server, offers: Sequence[TariffOffer], data: Any) -> None:
        self.server, self.offers = server, {offer.tariff.id: offer for offer in offers}
        self.currencies = list(Currency.objects.order_by("-is_default", "code"))
        possible = [(offer.tariff.id, offer.tariff.name) for offer in offers if not offer.why_not]
        more: dict[str, forms.Field] = {
            "tariffs": forms.MultipleChoiceField(
                choices=possible,
                widget=UnfoldAdminCheckboxSelectMultipleWidget,
                error_messages={"required": gettext_lazy("Choose at least one tariff.")},
            )
        }
        for currency in self.currencies:
            more |= _currency_fields(currency)
        super().__init__(data, initial={"token": secrets.token_urlsafe(24)}, more=more)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not any(cleaned.get(f"sell_{currency.pk}") for currency in self.currencies):
            self.add_error(None, _("Choose at least one currency to sell in."))
        if "server_group" in cleaned and not buys_at(self.server, cleaned["server_group"]):
            self.add_error("server_group", _("Products of this choice are not bought at this account."))
        for code in self._codes_to_convert(cleaned):
            if (
                f"rate_{code}" in self.fields
                and cleaned.get(f"rate_{code}") is None
                and f"rate_{code}" not in self.errors
            ):
                words = {"code": code, "default": self.default_code}
                self.add_error(f"rate_{code}", _("Enter how much of %(code)s one %(default)s is worth.") % words)
        return cleaned

    @property
    def default_code(self) -> str:
        """What exchange rates are measured by."""
        return next((currency.pk for currency in self.currencies if currency.is_default), "—")

    @property
    def wishes(self) -> Wishes:
        """What is asked for; the form must be valid."""
        values = self.cleaned_data
        rates = {currency.pk: values.get(f"rate_{currency.pk}") for currency in self.currencies}
        return Wishes(
            server=self.server,
            tariff_ids=frozenset(values["tariffs"]),
            group=values["group"],
            server_group=values["server_group"],
            cycles=values["cycles"],
            currencies=[self._sale(currency) for currency in self.currencies if values[f"sell_{currency.pk}"]],
            rates={code: rate for code, rate in rates.items() if rate is not None},
            makes_twins=values["makes_twins"],
            is_hidden=values["is_hidden"],
        )

    @cached_property
    def chosen(self) -> set[str]:
        """The Product IDs that are ticked, valid or not."""
        return set(self["tariffs"].value() or ())

    @property
    def currency_rows(self) -> list[dict[str, Any]]:
        """For each currency its inputs; the default one has no rate."""
        return [
            {"currency": currency} | {part: self._bound(f"{part}_{currency.pk}") for part in PARTS}
            for currency in self.currencies
        ]

    @property
    def plain_fields(self) -> list[BoundField]:
        """What stands one below the other."""
        return [self[name] for name in ("group", "server_group", "cycles", "is_hidden", "makes_twins")]

    def _bound(self, name: str) -> BoundField | None:
        return self[name] if name in self.fields else None

    def _codes_to_convert(self, cleaned: dict[str, Any]) -> set[str]:
        """The currencies whose rate is needed: those on either side of a conversion."""
        sold = {currency.pk for currency in self.currencies if cleaned.get(f"sell_{currency.pk}")}
        listed = {cost.currency for code in cleaned.get("tariffs", ()) for cost in self.offers[code].costs.values()}
        return {code for source in listed for target in sold if source != target for code in (source, target)}

    def _sale(self, currency: Currency) -> SaleCurrency:
        values, code = self.cleaned_data, currency.pk
        markup = Markup(
            values[f"percent_{code}"] or Decimal(0), values[f"fixed_{code}"] or Decimal(0), values[f"rounding_{code}"]
        )
        return SaleCurrency(currency, markup)


def _currency_fields(currency: Currency) -> dict[str, forms.Field]:
    code, words = currency.pk, {"code": currency.pk}
    fields: dict[str, forms.Field] = {
        f"sell_{code}": forms.BooleanField(
            label=_("Sell in %(code)s") % words, required=False, initial=currency.is_default
        ),
        f"percent_{code}": forms.DecimalField(
            label=_("Markup in percent, %(code)s") % words,
            required=False,
            min_value=0,
            max_value=10_000,
            decimal_places=4,
            initial=30,
        ),
        f"fixed_{code}": forms.DecimalField(
            label=_("Fixed markup, %(code)s") % words,
            required=False,
            min_value=0,
            max_value=10**9,
            decimal_places=currency.precision,
        ),
        f"rounding_{code}": forms.ChoiceField(
            label=_("Rounding, %(code)s") % words,
            choices=Rounding.choices,
            initial=Rounding.ENDING_90 if currency.is_default else Rounding.WHOLE,
        ),
    }
    if not currency.is_default:
        fields[f"rate_{code}"] = forms.DecimalField(
            label=_("Exchange rate of %(code)s") % words,
            required=False,
            min_value=SMALLEST_RATE,
            max_digits=19,
            decimal_places=8,
            initial=f"{currency.rate.normalize():f}" if currency.rate is not None else None,
        )
    return fields
