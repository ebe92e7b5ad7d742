"""The letter that asks to confirm an address."""

from datetime import datetime

from billing.actions.events import record_event
from billing.actions.notifications import notify_client
from billing.models import Client
from billing.queries.letters import CONFIRMATION


def write_confirmation(client: Client, *, actor: str, now: datetime) -> None:
    """An event and the letter to the present address. Call it in a transaction."""
    event = record_event(CONFIRMATION, now=now, actor=actor, client=client, data={"email": client.email})
    notify_client(event, client=client, now=now)
