"""A new client: who they are, where the bill goes, how they log in."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from billing.models import Client, User
from billing.queries.tax_numbers import WRONG_TAX_ID, clean_tax_id
from catalog.models import Currency


def _text(label: Any, autocomplete: str, *, limit: int, required: bool = False, **options: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=limit, required=required, widget=widget, **options)


class AddressFields(forms.Form):
    """Name and billing address, as they stand on invoices."""

    half_fields: ClassVar[frozenset[str]] = frozenset(
        {"first_name", "last_name", "city", "state", "postcode", "country"}
    )

    first_name = _text(_("First name"), "given-name", limit=100, required=True)
    last_name = _text(_("Last name"), "family-name", limit=100, required=True)
    company = _text(_("Company"), "organization", limit=150)
    country = forms.ChoiceField(
        label=_("Country"),
        choices=lambda: [("", "—"), *countries],
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    postcode = _text(_("Postcode"), "postal-code", limit=20)
    city = _text(_("City"), "address-level2", limit=100)
    state = _text(_("State or region"), "address-level1", limit=100)
    address1 = _text(_("Address"), "address-line1", limit=200)
    address2 = _text(_("Address, second line"), "address-line2", limit=200)
    tax_id = _text(
        _("Tax number"), "off", limit=30, help_text=_("For companies: VAT number, ИНН. It stands on invoices.")
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )

    def clean(self) -> dict[str, Any]:
        """Judges the tax number by the format of the country."""
        cleaned = super().clean() or {}
        tax_id, country = cleaned.get("tax_id", ""), cleaned.get("country", "")
        if tax_id and country and clean_tax_id(tax_id, country=country) is None:
            self.add_error("tax_id", WRONG_TAX_ID)
        return cleaned

    @property
    def summary_forms(self) -> list[forms.BaseForm]:
        """What the list of errors on top covers."""
        return [self]


class RegistrationForm(AddressFields):
    """Everything that register_client asks for."""

    half_fields = AddressFields.half_fields | {"currency", "language"}

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("Your login. Invoices and license keys are sent here."),
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        help_text=_("At least 10 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
    )
    currency = forms.ModelChoiceField(
        label=_("Currency"),
        queryset=Currency.objects.order_by("code"),
        empty_label=None,
        help_text=_("Prices and invoices; it cannot be changed later."),
    )
    language = forms.ChoiceField(label=_("Language of letters"), choices=settings.LANGUAGES)

    field_order = ("email", "password", "first_name", "last_name", "company", "country", "postcode", "city", "state")

    def __init__(self, data: Any = None, *, currency: Currency):
        super().__init__(data, initial={"currency": currency.pk, "language": get_language()})

    def clean_email(self) -> str:
        """Refuses an address that somebody uses, with the way out."""
        email: str = self.cleaned_data["email"]
        if User.objects.filter(email__iexact=email).exists() or Client.objects.filter(email__iexact=email).exists():
            raise ValidationError(_("This e-mail is registered already. Log in, or reset the password."))
        return email

    def clean(self) -> dict[str, Any]:
        """Judges the password against the name and the address, too."""
        cleaned = super().clean()
        password = cleaned.get("password")
        if password:
            names = {name: cleaned.get(name, "") for name in ("email", "first_name", "last_name")}
            try:
                validate_password(password, User(**names))
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned
