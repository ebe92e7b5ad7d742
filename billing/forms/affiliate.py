"""What an affiliate types."""

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.forms.account import OnTop


class PayoutForm(OnTop, forms.Form):
    """Where the money of a payout should go."""

    details = forms.CharField(
        label=_("Where to send it"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("The account holder, bank and account number."),
    )
