"""Which letters a client wants, and who gets copies of those about invoices."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.clients import ClientInvalid
from billing.actions.events import record_event
from billing.models import Client
from billing.queries.letter_kinds import OPTIONAL
from billing.queries.letter_links import LinkInvalid, read_unsubscription

MOST_COPIES: Final = 3
OPTIONAL_CODES: Final = frozenset(kind.value for kind in OPTIONAL)


def change_letter_wishes(
    *,
    client: Client,
    declined: Collection[str],
    copies: Sequence[str],
    is_subscribed: bool,
    actor: str,
    now: datetime,
    gets_overdue_notices: bool | None = None,
) -> None:
    """`declined`: codes of optional kinds; `copies`: addresses; `gets_overdue_notices`: None leaves it as it is.

    Letters that were written already go out. Raises ClientInvalid.
    """
    addresses = _clean_copies(client, copies)
    if not set(declined) <= OPTIONAL_CODES:
        raise ClientInvalid({"declined": [_("Letters of this kind cannot be switched off.")]})
    wanted: dict[str, Any] = {
        "declined_letters": sorted(declined),
        "copy_emails": addresses,
        "is_subscribed": is_subscribed,
    }
    if gets_overdue_notices is not None:
        wanted["gets_overdue_notices"] = gets_overdue_notices
    changed = {name: value for name, value in wanted.items() if getattr(client, name) != value}
    if not changed:
        return
    with transaction.atomic():
        Client.objects.filter(pk=client.pk).update(**changed)
        record_event("client.letters_changed", now=now, actor=actor, client=client, data={"fields": sorted(changed)})
    for name, value in changed.items():
        setattr(client, name, value)


def unsubscribe(*, token: str, now: datetime) -> Client:
    """No more news and offers for the client of the link; twice is once. Raises LinkInvalid."""
    client = Client.objects.filter(pk=read_unsubscription(token)).first()
    if client is None:
        raise LinkInvalid
    with transaction.atomic():
        if Client.objects.filter(pk=client.pk, is_subscribed=True).update(is_subscribed=False):
            record_event("client.unsubscribed", now=now, actor=client.email, client=client)
    return client


def _clean_copies(client: Client, copies: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(address.strip().lower() for address in copies if address.strip()))
    found = [address for address in found if address != client.email.lower()]
    if len(found) > MOST_COPIES:
        raise ClientInvalid({"copies": [_("At most %(most)s addresses.") % {"most": MOST_COPIES}]})
    for address in found:
        try:
            validate_email(address)
        except ValidationError as error:
            words = _("%(address)s is no e-mail address.") % {"address": address[:100]}
            raise ClientInvalid({"copies": [words]}) from error
    return found
