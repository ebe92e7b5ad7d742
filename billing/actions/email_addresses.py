"""The address of a client: asked to confirm, confirmed by the link of a letter, changed."""

from datetime import datetime, timedelta
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.actions.clients import ClientInvalid
from billing.actions.confirmation_letters import write_confirmation
from billing.actions.events import record_event
from billing.models import Client, Email, Event, User
from billing.queries.letter_links import LinkInvalid, read_confirmation
from billing.queries.letters import CONFIRMATION
from billing.wakeups import wake_email

# Between two letters that ask for the same.
PAUSE: Final = timedelta(minutes=2)


class AlreadyConfirmed(Exception):
    """There is nothing to confirm."""


class AskedTooSoon(Exception):
    """A letter that asks for it went out a moment ago."""


def ask_to_confirm(*, client: Client, actor: str, now: datetime) -> None:
    """A letter with a link that confirms the present address. Raises AlreadyConfirmed, AskedTooSoon."""
    with transaction.atomic():
        locked = Client.objects.select_for_update(of=("self",)).get(pk=client.pk)
        if locked.email_confirmed_at is not None:
            raise AlreadyConfirmed(_("This address is confirmed already."))
        asked = Event.objects.filter(client=locked, name=CONFIRMATION, at__gt=now - PAUSE, data__email=locked.email)
        if asked.exists():
            raise AskedTooSoon(_("The letter was sent a moment ago. Look into the spam folder, or try again later."))
        write_confirmation(locked, actor=actor, now=now)


def confirm_email(*, token: str, now: datetime) -> Client:
    """Whoever holds the link of the letter reads mail of that address; following it twice is once.

    Raises LinkInvalid for one that is too old, or about an address that the client has no longer.
    """
    client_id, email = read_confirmation(token)
    with transaction.atomic():
        client = Client.objects.select_for_update(of=("self",)).filter(pk=client_id, email=email).first()
        if client is None:
            raise LinkInvalid
        _confirm(client, now=now)
    return client


def confirm_by_login(*, user: User, now: datetime) -> None:
    """A new password by the link of a letter proves the same for the client with the login's address."""
    with transaction.atomic():
        found = Client.objects.select_for_update(of=("self",)).filter(memberships__user=user, email__iexact=user.email)
        for client in found:
            _confirm(client, now=now)


def change_email(*, client: Client, email: str, actor: str, now: datetime) -> None:
    """The client's address, and the owner's login where that was the same; it has to be confirmed anew.

    The old address is told, in case somebody else did it. Raises ClientInvalid.
    """
    wanted = email.strip().lower()
    _judge(client, wanted)
    try:
        with transaction.atomic():
            locked = Client.objects.select_for_update(of=("self",)).get(pk=client.pk)
            former = locked.email
            login = User.objects.filter(memberships__client=locked, memberships__is_owner=True, email__iexact=former)
            login.update(email=wanted)
            locked.email, locked.email_confirmed_at = wanted, None
            locked.bounced_at, locked.bounce_reason = None, ""
            locked.save(update_fields=["email", "email_confirmed_at", "bounced_at", "bounce_reason"])
            data = {"from": former, "to": wanted}
            event = record_event("client.email_changed", now=now, actor=actor, client=locked, data=data)
            _tell_former(event, locked, former, now=now)
            write_confirmation(locked, actor=actor, now=now)
    except IntegrityError as error:
        raise ClientInvalid({"email": [_("There is an account with this e-mail already.")]}) from error
    client.refresh_from_db()


def _confirm(client: Client, *, now: datetime) -> None:
    if client.email_confirmed_at is None:
        Client.objects.filter(pk=client.pk).update(email_confirmed_at=now, bounced_at=None, bounce_reason="")
        record_event("client.email_confirmed", now=now, actor=client.email, client=client, data={"email": client.email})


def _judge(client: Client, email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise ClientInvalid({"email": list(error.messages)}) from error
    if email == client.email.lower():
        raise ClientInvalid({"email": [_("This is the present address.")]})
    if Client.objects.filter(email__iexact=email).exists():
        raise ClientInvalid({"email": [_("There is an account with this e-mail already.")]})


def _tell_former(event: Event, client: Client, former: str, *, now: datetime) -> None:
    letter = Email.objects.create(
        event=event, letter=event.name, recipient=former, client=client, language=client.language, run_after=now
    )
    wake_email(letter.pk)
