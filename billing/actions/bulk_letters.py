"""Events about many objects at once, each with a letter to its client: rows only, the minute's sweep sends them.

A client of whom one night has much to say about invoices gets one letter that lists them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from billing.actions.bulk_rows import insert_values
from billing.models import Client, Email, EmailStatus, Event, Invoice, Service
from billing.queries.billing_settings import read_billing_settings
from billing.queries.letter_kinds import NOT_WANTED, is_wanted, recipients_of

# A letter to write: the event (an index into those written), its name, the client.
_Letter = tuple[int, str, Client]


def tell_clients(name: str, invoices: Sequence[Invoice], *, now: datetime) -> None:
    """Writes the event `name` for each invoice and the letter of that name to its client (loaded with it).

    From so many invoices of a client on as the settings say (`digest_from`), one letter lists them all. So everything
    that concerns a client has to come in one call.
    """
    events = [_row(name, now=now, client_id=one.client_id, invoice_id=one.pk) for one in invoices]
    by_client: defaultdict[int, list[int]] = defaultdict(list)
    for index, invoice in enumerate(invoices):
        by_client[invoice.client_id].append(index)
    fewest = read_billing_settings().digest_from
    letters: list[_Letter] = []
    for indexes in by_client.values():
        client = invoices[indexes[0]].client
        if fewest and len(indexes) >= fewest:
            data = {"invoices": [invoices[index].pk for index in indexes]}
            several = f"invoices.{name.partition('.')[2]}"
            letters.append((len(events), several, client))
            events.append(_row(several, now=now, client_id=client.pk, data=data))
        else:
            letters += [(index, name, client) for index in indexes]
    _write(events, letters, now=now)


def tell_of_services(
    name: str, services: Sequence[tuple[Service, int | None, Mapping[str, Any]]], *, actor: str, now: datetime
) -> None:
    """The same for services (their clients loaded), each with the invoice and the data of its event."""
    events = [
        _row(
            name,
            now=now,
            actor=actor,
            client_id=service.client_id,
            service_id=service.pk,
            invoice_id=invoice_id,
            data=dict(data),
        )
        for service, invoice_id, data in services
    ]
    letters = [(index, name, service.client) for index, (service, _invoice, _data) in enumerate(services)]
    _write(events, letters, now=now)


def _row(name: str, *, now: datetime, **values: Any) -> dict[str, Any]:
    """An event; all of them have the same columns, so that they can be written at once."""
    empty: dict[str, Any] = {"actor": "", "client_id": None, "service_id": None, "invoice_id": None, "data": {}}
    return {"name": name, "at": now, **empty, **values}


def _write(events: Sequence[Mapping[str, Any]], letters: Sequence[_Letter], *, now: datetime) -> None:
    numbers = insert_values(Event, events)
    rows = []
    for index, letter, client in letters:
        is_sent = is_wanted(client, letter)
        rows += [
            {
                "event_id": numbers[index],
                "client_id": client.pk,
                "letter": letter,
                "recipient": recipient,
                "language": client.language,
                "run_after": now,
                "status": EmailStatus.READY if is_sent else EmailStatus.DROPPED,
                "error": "" if is_sent else NOT_WANTED,
            }
            for recipient in recipients_of(client, letter)
        ]
    insert_values(Email, rows)
