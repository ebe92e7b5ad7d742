"""A new client: who they are, where the bill goes, how they log in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from billing.forms.countries import country_choices
from billing.forms.passwords import DIFFERENT, NewPasswordInput, repeat_password
from billing.models import Client, User
from billing.queries.tax_numbers import WRONG_TAX_ID, clean_tax_id
from billing.throttles import KNOWN_EMAILS
from catalog.models import Currency


def _text(label: Any, autocomplete: str, *, limit: int, required: bool = False, **options: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=limit, required=required, widget=widget, **options)


@dataclass(frozen=True, slots=True)
class FormSection:
    """Inputs under one heading."""

    title: str | Promise
    fields: tuple[BoundField, ...]


class AddressFields(forms.Form):
    """Name and billing address, as they stand on invoices."""

    half_fields: ClassVar[frozenset[str]] = frozenset(
        {"first_name", "last_name", "city", "state", "postcode", "country", "phone"}
    )

    first_name = _text(_("First name"), "given-name", limit=100, required=True)
    last_name = _text(_("Last name"), "family-name", limit=100, required=True)
    company = _text(_("Company"), "organization", limit=150)
    country = forms.ChoiceField(
        label=_("Country"),
        choices=country_choices,
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
    """Everything that register_client asks for, in the sections of WHMCS (guide B)."""

    half_fields = AddressFields.half_fields | {"email", "currency", "language"}

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
        widget=NewPasswordInput(repeated_by="password_again", render_value=True),
    )
    password_again = repeat_password(render_value=True)
    currency = forms.ModelChoiceField(
        label=_("Currency"),
        queryset=Currency.objects.order_by("code"),
        empty_label=None,
        help_text=_("Prices and invoices; it cannot be changed later."),
    )
    language = forms.ChoiceField(label=_("Language of letters"), choices=settings.LANGUAGES)

    is_subscribed = forms.BooleanField(
        label=_("Send me news and offers"),
        required=False,
        help_text=_("By letter. You can change your mind in your profile."),
    )
    SECTIONS: ClassVar = (
        (_("Personal information"), ("first_name", "last_name", "email", "phone")),
        (
            _("Billing address"),
            ("company", "country", "postcode", "city", "state", "address1", "address2", "tax_id"),
        ),
        (_("Additional information"), ("currency", "language", "is_subscribed")),
        (_("Account security"), ("password", "password_again")),
    )

    field_order = tuple(name for _title, names in SECTIONS for name in names)

    def __init__(self, data: Any = None, *, currency: Currency, currencies: Sequence[Currency], address: str):
        """`currencies`: those that may be chosen. `address`: whence the visitor comes."""
        self.address = address
        super().__init__(data, initial={"currency": currency.pk, "language": get_language()})
        choices = self.fields["currency"]
        assert isinstance(choices, forms.ModelChoiceField)
        # A list: the input itself would read the rows twice.
        choices.choices = [(one.pk, str(one)) for one in sorted(currencies, key=lambda one: one.code)]

    def clean_email(self) -> str:
        """Refuses an address that somebody uses, with the way out; of many it no longer says whether they are used."""
        email: str = self.cleaned_data["email"]
        if KNOWN_EMAILS.is_locked(self.address):
            words = _("Too many e-mails that have an account were tried. Log in, or try again in %(minutes)s minutes.")
            raise ValidationError(words % {"minutes": KNOWN_EMAILS.minutes})
        if User.objects.filter(email__iexact=email).exists() or Client.objects.filter(email__iexact=email).exists():
            KNOWN_EMAILS.note_failure(self.address, of=email.lower())
            raise ValidationError(_("This e-mail is registered already. Log in, or reset the password."))
        return email

    @property
    def sections(self) -> list[FormSection]:
        """Every input, under its heading."""
        return [FormSection(title, tuple(self[name] for name in names)) for title, names in self.SECTIONS]

    @property
    def profile(self) -> dict[str, Any]:
        """What register_client takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "password_again"}

    def clean(self) -> dict[str, Any]:
        """Judges the password against the name and the address, too, and that it was typed the same twice."""
        cleaned = super().clean()
        password = cleaned.get("password")
        if password and cleaned.get("password_again", password) != password:
            self.add_error("password_again", DIFFERENT)
        if password:
            names = {name: cleaned.get(name, "") for name in ("email", "first_name", "last_name")}
            try:
                validate_password(password, User(**names))
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned
