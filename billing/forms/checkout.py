"""The last step of an order: how it is paid, and what the client wants to say."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _


class PaymentForm(forms.Form):
    """`methods`: (code, label) of the ways to pay that are open to this reader."""

    half_fields: ClassVar[frozenset[str]] = frozenset()
    payment_method = forms.ChoiceField(label=_("Payment method"), widget=forms.RadioSelect)
    notes = forms.CharField(
        label=_("Notes to the order"),
        max_length=2000,
        required=False,
        help_text=_("Anything our staff should know."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    checkout_key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, methods: list[tuple[str, Any]], **options: Any):
        super().__init__(*arguments, **options)
        field = self.fields["payment_method"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = methods
        field.initial = methods[0][0]
