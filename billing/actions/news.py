"""News and offers, for clients who want them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.bulk_rows import insert_values
from billing.actions.events import record_event
from billing.models import Client, Email
from billing.queries.letter_kinds import NEWS

LONGEST_SUBJECT: Final = 150
LONGEST_TEXT: Final = 20_000


class NewsInvalid(Exception):
    """The letter cannot be so."""


def send_news(*, clients: Iterable[int], subject: str, text: str, actor: str, now: datetime) -> int:
    """A letter to those of these clients who want news; returns how many. The minute's sweep sends them.

    Each letter has a link, and a header, that ends the wish. Raises NewsInvalid.
    """
    words = {"subject": " ".join(subject.split()), "text": text.strip()}
    if not words["subject"] or not words["text"]:
        raise NewsInvalid(_("Write a subject and a text."))
    if len(words["subject"]) > LONGEST_SUBJECT or len(words["text"]) > LONGEST_TEXT:
        raise NewsInvalid(_("The letter is too long."))
    wanted = Client.objects.filter(pk__in=list(clients), is_subscribed=True, bounced_at=None).order_by("pk")
    with transaction.atomic():
        rows = list(wanted.values_list("pk", "email", "language"))
        event = record_event(NEWS, now=now, actor=actor, data={**words, "count": len(rows)})
        insert_values(
            Email,
            [
                {
                    "event_id": event.pk,
                    "client_id": client_id,
                    "letter": NEWS,
                    "recipient": email,
                    "language": language,
                    "run_after": now,
                }
                for client_id, email, language in rows
            ],
        )
    return len(rows)
