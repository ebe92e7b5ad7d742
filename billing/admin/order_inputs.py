"""What an operator types besides what a client could choose: granted prices of a line, and how an order is placed."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.actions.price_overrides import REASON_LENGTH, PriceOverride
from billing.admin.forms import dress
from billing.queries.gateways import PAYMENT_METHODS
from billing.templatetags.event_words import GATEWAYS


class LineTerms(forms.Form):
    """What an operator grants for one line besides what a client could choose."""

    unit_price = forms.DecimalField(
        label=_("Price of one instead"),
        required=False,
        min_value=0,
        max_digits=16,
        help_text=_("For each period, without options. 0: free, and not renewed by itself."),
    )
    setup_fee = forms.DecimalField(label=_("Setup fee of one instead"), required=False, min_value=0, max_digits=16)
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=REASON_LENGTH,
        help_text=_("Needed for another price: it stays in the history of the order."),
    )
    is_item_unchecked = forms.BooleanField(
        label=_("The license number is right although this client has no such service here"), required=False
    )

    def __init__(self, *arguments: Any, kind: str, address: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if kind != "addition":
            del self.fields["is_item_unchecked"]
        dress_all(self, address)

    @property
    def is_open(self) -> bool:
        """Whether anything is granted, or wrong: then it is not folded away."""
        return bool(self.errors) or any(bound.value() for bound in self)

    def override(self) -> PriceOverride | None:
        """The granted price; None where the catalog's stands. The form must be valid."""
        told = {name: self.cleaned_data.get(name) for name in ("unit_price", "setup_fee")}
        reason = self.cleaned_data.get("reason", "")
        if reason or any(amount is not None for amount in told.values()):
            return PriceOverride(**told, reason=reason)
        return None

    def granted(self, name: str, usual: Decimal) -> Decimal:
        """The amount typed so far, for the sums; the catalog's while that makes no sense."""
        try:
            amount = self.fields[name].clean(self[name].value())
        except forms.ValidationError:
            return usual
        return usual if amount is None else Decimal(amount)


class PlacingForm(forms.Form):
    """How the order is placed."""

    payment_method = forms.ChoiceField(
        label=_("Payment method"), choices=[(method, GATEWAYS[method]) for method in PAYMENT_METHODS]
    )
    promo_code = forms.CharField(
        label=_("Promo code"),
        required=False,
        max_length=50,
        help_text=_("It comes off the prices above, granted ones too."),
    )
    notes = forms.CharField(label=_("Notes"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    is_client_told = forms.BooleanField(
        label=_("Send the letters"),
        help_text=_("About the order and its invoice, to the client. That a service is ready is told either way."),
        required=False,
        initial=True,
    )
    checkout_key = forms.CharField(widget=forms.HiddenInput, max_length=100)


def dress_all(form: forms.BaseForm, address: str) -> None:
    """The look of the back office; a change of an input adds up anew."""
    for field in form.fields.values():
        dress(field)
        field.widget.attrs["hx-post"] = address
