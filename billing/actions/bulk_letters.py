"""Events about many objects at once, each with a letter to its client: rows only, the minute's sweep sends them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from billing.actions.bulk_rows import insert_values
from billing.models import Client, Email, Event, Invoice, Service


def tell_clients(name: str, invoices: Sequence[Invoice], *, now: datetime) -> None:
    """Writes the event `name` for each invoice and the letter of that name to its client (loaded with it)."""
    events = insert_values(
        Event, [{"name": name, "at": now, "client_id": one.client_id, "invoice_id": one.pk} for one in invoices]
    )
    _write_letters(name, events, [invoice.client for invoice in invoices], now=now)


def tell_of_services(
    name: str, services: Sequence[tuple[Service, int | None, Mapping[str, Any]]], *, actor: str, now: datetime
) -> None:
    """The same for services (their clients loaded), each with the invoice and the data of its event."""
    events = insert_values(
        Event,
        [
            {
                "name": name,
                "at": now,
                "actor": actor,
                "client_id": service.client_id,
                "service_id": service.pk,
                "invoice_id": invoice_id,
                "data": dict(data),
            }
            for service, invoice_id, data in services
        ],
    )
    _write_letters(name, events, [service.client for service, _invoice, _data in services], now=now)


def _write_letters(name: str, events: Sequence[int], clients: Sequence[Client], *, now: datetime) -> None:
    insert_values(
        Email,
        [
            {
                "event_id": event,
                "client_id": client.pk,
                "letter": name,
                "recipient": client.email,
                "language": client.language,
                "run_after": now,
            }
            for event, client in zip(events, clients, strict=True)
        ],
    )
