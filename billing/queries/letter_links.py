"""Links of letters that act for whoever holds them: made when a letter is sent, stored nowhere."""

from typing import Final

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from billing.models import Client, User

CONFIRMATION_SECONDS: Final = 3 * 24 * 3600
_CONFIRMATION: Final = "billing.confirm_email"
_UNSUBSCRIPTION: Final = "billing.unsubscribe"


class LinkInvalid(Exception):
    """The link is damaged, too old, or about an address that the client has no longer."""


def confirmation_address(client_id: int, email: str) -> str:
    """Where the client confirms this e-mail, to which the letter goes."""
    token = signing.dumps([client_id, email], salt=_CONFIRMATION)
    return f"{settings.PORTAL_URL}{reverse('account:confirm_email', args=[token])}"


def read_confirmation(token: str) -> tuple[int, str]:
    """The client's number and the address that the link confirms. Raises LinkInvalid."""
    try:
        client_id, email = signing.loads(token, salt=_CONFIRMATION, max_age=CONFIRMATION_SECONDS)
    except signing.BadSignature as error:
        raise LinkInvalid from error
    return int(client_id), str(email)


def unsubscribe_address(client: Client) -> str:
    """Where the client says that there shall be no more offers; it never expires."""
    token = signing.dumps(client.pk, salt=_UNSUBSCRIPTION)
    return f"{settings.PORTAL_URL}{reverse('account:unsubscribe', args=[token])}"


def read_unsubscription(token: str) -> int:
    """The client's number. Raises LinkInvalid."""
    try:
        return int(signing.loads(token, salt=_UNSUBSCRIPTION))
    except signing.BadSignature as error:
        raise LinkInvalid from error


def password_address(user: User) -> str:
    """Where the user sets a new password, for as long as PASSWORD_RESET_TIMEOUT."""
    number = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return f"{settings.PORTAL_URL}{reverse('account:password_new', args=[number, token])}"
