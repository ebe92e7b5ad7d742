"""Where a new password is typed: with a generator, a copy button, and its strength in words."""

from typing import Any, ClassVar, Final

from django import forms
from django.forms.widgets import Script
from django.utils.translation import gettext_lazy as _

SHORTEST: Final = 10
DIFFERENT: Final = _("The two passwords are not the same.")


class NewPasswordInput(forms.PasswordInput):
    """A password input with its tools below. `repeated_by`: the name of the input that takes it a second time."""

    template_name = "account/new_password.html"

    class Media:
        js: ClassVar[list[Script]] = [Script("js/password.js", defer=True)]

    def __init__(self, *, repeated_by: str, **options: Any) -> None:
        super().__init__(**options)
        self.attrs |= {"autocomplete": "new-password", "data-repeated-by": repeated_by}

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return {**super().get_context(name, value, attrs), "shortest": SHORTEST}


def repeat_password(**options: Any) -> forms.CharField:
    """The second input."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"}, **options)
    return forms.CharField(label=_("Password once more"), max_length=256, strip=False, widget=widget)
