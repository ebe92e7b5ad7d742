"""The last step of an order: how it is paid, and what the client wants to say."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from billing.gateways import BANK_TRANSFER, CREDIT
from billing.queries.order_units import find_sharing_fault, most_units
from billing.queries.pages_payment import PaymentOffer
from catalog.models import Product
from catalog.money import format_money


def total_mark(total: Decimal, currency_id: str) -> str:
    """How a page says which total it shows: "5.95 EUR"."""
    return f"{total.normalize():f} {currency_id}"


class PaymentForm(forms.Form):
    """`offer`: the ways to pay that are open to this reader. `total`: what is to be paid, None while nobody knows.
    `terms_url`: what they have to agree to; "": nothing.
    """

    half_fields: ClassVar[frozenset[str]] = frozenset()
    uses_credit = forms.BooleanField(required=False, initial=True)
    payment_method = forms.ChoiceField(label=_("Payment method"), widget=forms.RadioSelect)
    notes = forms.CharField(
        label=_("Notes to the order"),
        max_length=2000,
        required=False,
        help_text=_("Anything our staff should know."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    is_terms_accepted = forms.BooleanField(
        label=_("Terms of service"), error_messages={"required": _("Agree to the terms of service to order.")}
    )
    checkout_key = forms.CharField(max_length=100, widget=forms.HiddenInput)
    # Stands with the sums, which change while the rest of the form stays.
    seen_total = forms.CharField(max_length=50, required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *arguments: Any,
        offer: PaymentOffer,
        total: Decimal | None,
        currency_id: str,
        terms_url: str = "",
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self.offer, self.total, self.currency_id, self.terms_url = offer, total, currency_id, terms_url
        if offer.credit:
            words = gettext("Use %(amount)s of my credit balance")
            amount = format_money(offer.credit, currency_id, language=get_language() or settings.LANGUAGE_CODE)
            self.fields["uses_credit"].label = words % {"amount": amount}
        else:
            del self.fields["uses_credit"]
        if offer.total and offer.methods:
            field = self.fields["payment_method"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = offer.methods
            field.initial = offer.methods[0][0]
        else:
            del self.fields["payment_method"]
        if not terms_url:
            del self.fields["is_terms_accepted"]

    @property
    def summary_forms(self) -> list[forms.BaseForm]:
        """What the list of errors on top covers."""
        return [self]

    def clean(self) -> dict[str, Any]:
        """Fills in the method where there is nothing to choose; says where there is no way to pay.

        What is ordered costs what was seen: prices and taxes may have changed since, or a browser without scripts
        showed none of what was chosen.
        """
        cleaned = super().clean() or {}
        seen = cleaned.get("seen_total")
        if seen and self.total is not None and seen != total_mark(self.total, self.currency_id):
            total = format_money(self.total, self.currency_id, language=get_language() or settings.LANGUAGE_CODE)
            words = gettext("The total is %(total)s now. Look at it, then place the order once more.")
            self.add_error(None, words % {"total": total})
        cleaned.setdefault("uses_credit", False)
        if not self.offer.total:
            cleaned["payment_method"] = BANK_TRANSFER
        elif self.offer.is_impossible:
            self.add_error(None, gettext("Nothing is ordered: there is no way to pay for this."))
        elif not self.offer.methods:
            cleaned["payment_method"] = CREDIT
            if not cleaned["uses_credit"]:
                self.add_error("uses_credit", gettext("There is no other way to pay for this: use your credit."))
        return cleaned


class QuantityForm(forms.Form):
    """How many of something in the basket; `values` by key are what was chosen of it."""

    quantity = forms.IntegerField(label=_("Quantity"), min_value=1)

    def __init__(self, *arguments: Any, product: Product, values: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.product, self.values = product, values
        self.fields["quantity"].validators.append(MaxValueValidator(most_units(product)))

    def clean_quantity(self) -> int:
        """Refuses several of what cannot be shared, such as an address."""
        quantity: int = self.cleaned_data["quantity"]
        if fault := find_sharing_fault(self.product, quantity, self.values):
            raise ValidationError(fault)
        return quantity
