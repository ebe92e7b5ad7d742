"""Cards that clients save at a gateway, and whether renewals are paid with them."""

from datetime import datetime

from django.db import transaction

from billing.actions.events import record_event
from billing.actions.locking import lock_client
from billing.gateways.base import Card
from billing.models import Client, StoredMethod


def keep_method(*, client: Client, gateway: str, card: Card, now: datetime) -> StoredMethod:
    """Keeps what the gateway saved; it becomes the one that renewals are paid with. Told again, nothing changes.

    Call it in a transaction that has locked the client.
    """
    known = StoredMethod.objects.filter(gateway=gateway, external_id=card.external_id).first()
    if known is not None:
        return known
    columns = ("customer_id", "title", "brand", "last4", "expiry_month", "expiry_year")
    client.stored_methods.filter(is_default=True).update(is_default=False)
    method = StoredMethod.objects.create(
        client=client,
        gateway=gateway,
        external_id=card.external_id,
        is_default=True,
        created_at=now,
        **{column: getattr(card, column) for column in columns},
    )
    record_event("stored_method.saved", now=now, client=client, data={"gateway": gateway, "card": str(method)})
    return method


def choose_method(*, method: StoredMethod, actor: str, now: datetime) -> None:
    """Renewals are paid with this one from now on; one that was removed stays removed."""
    with transaction.atomic():
        client = lock_client(method.client_id)
        if not client.stored_methods.filter(pk=method.pk, is_default=False, removed_at=None).exists():
            return
        client.stored_methods.filter(is_default=True).update(is_default=False)
        client.stored_methods.filter(pk=method.pk).update(is_default=True)
        record_event("stored_method.chosen", now=now, actor=actor, client=client, data={"card": str(method)})


def remove_method(*, method: StoredMethod, actor: str, now: datetime) -> None:
    """It is never charged again; the newest of the others, if there is one, takes its place."""
    with transaction.atomic():
        client = lock_client(method.client_id)
        standing = client.stored_methods.filter(pk=method.pk, removed_at=None)
        was_default = standing.filter(is_default=True).exists()
        if not standing.update(removed_at=now, is_default=False):
            return
        record_event("stored_method.removed", now=now, actor=actor, client=client, data={"card": str(method)})
        heir = client.stored_methods.filter(removed_at=None).order_by("-id").first() if was_default else None
        if heir is not None:
            StoredMethod.objects.filter(pk=heir.pk).update(is_default=True)


def set_automatic_payment(*, client: Client, is_on: bool, actor: str, now: datetime) -> None:
    """Whether renewals of this client are paid with the saved card."""
    with transaction.atomic():
        other = Client.objects.filter(pk=client.pk).exclude(pays_automatically=is_on)
        if other.update(pays_automatically=is_on):
            name = "client.automatic_payment_on" if is_on else "client.automatic_payment_off"
            record_event(name, now=now, actor=actor, client=client)
