"""The door of the back office: the form of unfold behind the brake of the client area's login."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.forms import AuthenticationForm

from billing.views.login_throttle import WINDOW, forget_failures, is_locked, note_failure


class StaffLoginForm(AuthenticationForm):  # type: ignore[misc]
    """Login by e-mail; too many wrong passwords close this pair of e-mail and address for a while."""

    def clean(self) -> dict[str, Any]:
        """Judges the password unless the pair is locked out. Raises ValidationError."""
        email = str(self.data.get("username", ""))
        if is_locked(self.request, email):
            words = _("Too many wrong passwords. Try again in %(minutes)s minutes.")
            raise ValidationError(words % {"minutes": WINDOW // 60})
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            note_failure(self.request, email)
            raise
        forget_failures(self.request, email)
        return cleaned
