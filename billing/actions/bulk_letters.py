"""Events about many invoices at once, each with a letter to its client: rows only, the minute's sweep sends them."""

from collections.abc import Sequence
from datetime import datetime

from billing.models import Email, Event, Invoice

BATCH = 500


def tell_clients(name: str, invoices: Sequence[Invoice], *, now: datetime) -> list[Event]:
    """Writes the event `name` for each invoice and the letter of that name to its client (loaded with it)."""
    events = Event.objects.bulk_create(
        [Event(name=name, at=now, client_id=one.client_id, invoice=one) for one in invoices], batch_size=BATCH
    )
    Email.objects.bulk_create(
        [
            Email(
                event=event,
                client_id=invoice.client_id,
                letter=name,
                recipient=invoice.client.email,
                language=invoice.client.language,
                run_after=now,
            )
            for event, invoice in zip(events, invoices, strict=True)
        ],
        batch_size=BATCH,
    )
    return events
