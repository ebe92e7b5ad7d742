"""The `Idempotency-Key` header: one key of one caller stands for one order."""

import secrets
from typing import Final

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from billing.models import ApiKey

HEADER: Final = "Idempotency-Key"
LONGEST: Final = 100


def read_checkout_key(request: Request, key: ApiKey) -> str:
    """The checkout key of this call; without the header each call is one of its own.

    Keys of different API keys never meet. Raises ValidationError.
    """
    given = request.headers.get(HEADER)
    text = secrets.token_urlsafe(24) if given is None else given.strip()
    if not 1 <= len(text) <= LONGEST or not (text.isascii() and text.isprintable()):
        message = _("Enter 1 to %(longest)s printable ASCII characters.") % {"longest": LONGEST}
        raise ValidationError({HEADER: [message]})
    return f"api-{key.pk}:{text}"
