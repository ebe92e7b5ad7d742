"""The door of the back office: the form of unfold behind the brake of the client area's login."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.forms import AuthenticationForm

from billing.throttles import PASSWORDS, login_of


class StaffLoginForm(AuthenticationForm):  # type: ignore[misc]
    """Login by e-mail; too many wrong passwords close this pair of e-mail and address for a while."""

    def clean(self) -> dict[str, Any]:
        """Judges the password unless the pair is locked out. Raises ValidationError."""
        who = login_of(self.request, str(self.data.get("username", "")))
        if PASSWORDS.is_locked(*who):
            words = _("Too many wrong passwords. Try again in %(minutes)s minutes.")
            raise ValidationError(words % {"minutes": PASSWORDS.minutes})
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            PASSWORDS.note_failure(*who)
            raise
        PASSWORDS.forget_failures(*who)
        return cleaned
