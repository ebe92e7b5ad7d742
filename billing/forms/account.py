"""Logging in, and a client's own particulars."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.utils.translation import gettext_lazy as _

from billing.forms.passwords import NewPasswordInput
from billing.forms.registration import AddressFields
from billing.models import User
from billing.queries.letter_kinds import OPTIONAL


class OnTop:
    """Lets the form template list every error once, on top."""

    half_fields: ClassVar[frozenset[str]] = frozenset()

    @property
    def summary_forms(self) -> list[Any]:
        """What the list of errors on top covers."""
        return [self]


class LoginForm(OnTop, AuthenticationForm):
    """Login by e-mail."""

    error_messages = {
        "invalid_login": _("This e-mail and password do not belong together. Check both and try again."),
        "inactive": _("This login is switched off. Write to us if that surprises you."),
    }

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.fields["username"].label = _("E-mail")
        self.fields["username"].widget = forms.EmailInput(attrs={"autocomplete": "username", "maxlength": 254})


class ForgottenPasswordForm(OnTop, forms.Form):
    """Asks where the letter goes."""

    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class ChangeEmailForm(OnTop, forms.Form):
    """Another address; the password says that it is the owner who asks."""

    email = forms.EmailField(label=_("New e-mail"), max_length=254)
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, *arguments: Any, user: User, **options: Any):
        super().__init__(*arguments, **options)
        self.user = user

    def clean_password(self) -> str:
        """The present one."""
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("This is not the password of your login."))
        return password


class NotificationsForm(OnTop, forms.Form):
    """Which letters are wanted, and who gets copies of those about invoices."""

    wanted = forms.MultipleChoiceField(
        label=_("Letters that you may do without"),
        required=False,
        choices=[(kind.value, kind.label) for kind in OPTIONAL],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Letters about invoices, keys and the end of services are always sent."),
    )
    is_subscribed = forms.BooleanField(label=_("Send me news and offers"), required=False)
    copies = forms.CharField(
        label=_("Copies for your accountant"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Up to three addresses, one a line. They get the letters about invoices and payments."),
    )


class NewPasswordTools:
    """Puts the tools of a new password below the first of Django's two inputs."""

    fields: dict[str, forms.Field]

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.fields["new_password1"].widget = NewPasswordInput(repeated_by="new_password2")
        self.fields["new_password1"].help_text = _("At least 10 characters.")


class NewPasswordForm(NewPasswordTools, OnTop, SetPasswordForm):  # type: ignore[type-arg]
    """A new password by the link of the letter."""


class ChangePasswordForm(NewPasswordTools, OnTop, PasswordChangeForm):
    """A new password by the old one."""


class ProfileForm(AddressFields):
    """What a client changes by themselves; the currency and the login stay."""

    half_fields = AddressFields.half_fields - {"phone"}
    language = forms.ChoiceField(label=_("Language of letters"), choices=settings.LANGUAGES)
    is_subscribed = forms.BooleanField(label=_("Send me news and offers"), required=False)
