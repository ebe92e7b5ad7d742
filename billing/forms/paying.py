"""How a client pays: with credit, in advance, several invoices at once."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice


class PayingForm(forms.Form):
    """Errors of an action beside their fields, all of them listed on top."""

    half_fields: ClassVar[frozenset[str]] = frozenset()

    @property
    def summary_forms(self) -> list[forms.BaseForm]:
        """What the list of errors on top covers."""
        return [self]

    def add_errors(self, errors: Mapping[str, list[str]]) -> None:
        """Puts the messages of an action beside their fields; the rest goes on top."""
        for key, messages in errors.items():
            for message in messages:
                self.add_error(key if key in self.fields else None, message)


class CreditPaymentForm(PayingForm):
    """How much of an invoice is paid with credit."""

    amount = forms.DecimalField(
        label=_("Amount"), max_digits=15, decimal_places=4, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )


class MethodForm(PayingForm):
    """How an invoice is to be paid; `methods`: (code, label)."""

    payment_method = forms.ChoiceField(label=_("Payment method"))

    def __init__(self, *arguments: Any, methods: Sequence[tuple[str, str | Promise]], **options: Any):
        super().__init__(*arguments, **options)
        field = self.fields["payment_method"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = methods


class AddFundsForm(MethodForm):
    """Money in advance."""

    field_order = ("amount", "payment_method")
    amount = forms.DecimalField(
        label=_("Amount"), max_digits=15, decimal_places=4, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )


class MassPaymentForm(MethodForm):
    """Several of `payable` at once; all of them are ticked at first."""

    field_order = ("invoices", "payment_method")
    invoices = forms.TypedMultipleChoiceField(coerce=int, label=_("Invoices"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *arguments: Any, payable: Sequence[Invoice], **options: Any):
        super().__init__(*arguments, **options)
        field = self.fields["invoices"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(invoice.pk, invoice.display_number) for invoice in payable]
        field.initial = [invoice.pk for invoice in payable]
