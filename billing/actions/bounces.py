"""The mark on a client to whose address letters cannot be delivered."""

from datetime import datetime

from billing.actions.events import record_event
from billing.models import Client, Email, Event


def mark_bounced(email: Email, words: str, *, now: datetime) -> Event | None:
    """Marks the client if the letter went to the client's present address. Call it in a transaction.

    Returns the event that operators are to be told of; None where the client has the mark already, or is not meant.
    """
    if email.client is None:
        return None
    marked = Client.objects.filter(pk=email.client.pk, email__iexact=email.recipient, bounced_at=None)
    if not marked.update(bounced_at=now, bounce_reason=words):
        return None
    data = {"email": email.recipient, "reason": words[:255]}
    return record_event("client.email_bounced", now=now, client=email.client, data=data)


def unmark_bounced(email: Email) -> None:
    """A letter to the address was taken by the server: the mark goes, if there is one."""
    if email.client is not None and email.client.bounced_at is not None:
        marked = Client.objects.filter(pk=email.client.pk, email__iexact=email.recipient)
        marked.update(bounced_at=None, bounce_reason="")
