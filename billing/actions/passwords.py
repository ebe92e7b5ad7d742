"""Passwords of logins: a new one by a letter, and the letter that says that it was changed."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from billing.actions.email_addresses import confirm_by_login
from billing.actions.events import record_event
from billing.actions.notifications import notify_user
from billing.models import Event, User
from billing.queries.letters import FORGOTTEN

PAUSE: Final = timedelta(minutes=1)


def ask_new_password(*, email: str, now: datetime) -> bool:
    """A letter with a link that sets a new password; False where there is nobody to write to, or one was just written.

    Whoever asks must not learn which. The link is made when the letter is sent and stored nowhere.
    """
    with transaction.atomic():
        user = User.objects.select_for_update(of=("self",)).filter(email__iexact=email.strip(), is_active=True).first()
        if user is None:
            return False
        if Event.objects.filter(name=FORGOTTEN, at__gt=now - PAUSE, data__user=user.pk).exists():
            return False
        event = record_event(FORGOTTEN, now=now, actor="", data={"user": user.pk})
        notify_user(event, user=user, now=now)
    return True


def note_password_changed(*, user: User, by_letter: bool, now: datetime) -> None:
    """Writes to the login's address, in case somebody else did it; `by_letter`: a link proved that address."""
    with transaction.atomic():
        event = record_event("user.password_changed", now=now, actor=user.email, data={"user": user.pk})
        notify_user(event, user=user, now=now)
        if by_letter:
            confirm_by_login(user=user, now=now)
