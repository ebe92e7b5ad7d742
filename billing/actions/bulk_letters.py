"""Events about many invoices at once, each with a letter to its client: rows only, the minute's sweep sends them."""

from collections.abc import Sequence
from datetime import datetime

from billing.actions.bulk_rows import insert_values
from billing.models import Email, Event, Invoice


def tell_clients(name: str, invoices: Sequence[Invoice], *, now: datetime) -> None:
    """Writes the event `name` for each invoice and the letter of that name to its client (loaded with it)."""
    events = insert_values(
        Event, [{"name": name, "at": now, "client_id": one.client_id, "invoice_id": one.pk} for one in invoices]
    )
    insert_values(
        Email,
        [
            {
                "event_id": event,
                "client_id": invoice.client_id,
                "letter": name,
                "recipient": invoice.client.email,
                "language": invoice.client.language,
                "run_after": now,
            }
            for event, invoice in zip(events, invoices, strict=True)
        ],
    )
