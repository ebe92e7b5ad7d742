"""The audit trail: one row for each thing that happened."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billing.models import Client, Event, Invoice, Operation, Order, Service


def record_event(
    name: str,
    *,
    now: datetime,
    actor: str = "",
    client: Client | None = None,
    order: Order | None = None,
    order_id: int | None = None,
    invoice: Invoice | None = None,
    service: Service | None = None,
    operation: Operation | None = None,
    data: Mapping[str, Any] | None = None,
) -> Event:
    """Writes `name` (dotted, past tense) with what it concerns; call it inside the transaction of the change.

    `order_id`: where the order itself is not at hand; the event then needs another subject that names its client.
    """
    owner_id = client.pk if client else None
    for subject in (service, invoice, order):
        owner_id = owner_id or (subject.client_id if subject else None)
    return Event.objects.create(
        name=name,
        at=now,
        actor=actor,
        client_id=owner_id,
        order_id=order.pk if order else order_id,
        invoice=invoice,
        service=service,
        operation=operation,
        data=dict(data or {}),
    )
