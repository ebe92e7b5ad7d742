"""Step ⑧: what happens to a service once the partner (or an operator) has acted. One named function each.

Each runs in the transaction that settles the operation, takes the service's lock first and writes an Event.
"""

from datetime import datetime, timedelta
from typing import Any

from billing.actions.events import record_event
from billing.actions.fields import save_field_values
from billing.actions.notifications import notify_client, notify_operators
from billing.actions.queueing import queue_operation, queue_renewal_if_due
from billing.models import Event, OperationKind, Service, ServiceStatus
from billing.queries.services import missing_from_partner
from noc.kinds import get_kind
from noc.schemas import ItemStatus, RemoteService

FIRST_KEY_LOOK = timedelta(seconds=5)

# The columns that a reading of the partner may change.
TAKEN_OVER = ["status", "expires_on", "dedicated_ip", "remote_status", "remote_addons", "synced_at"]
_OUR_STATUS = {ItemStatus.ACTIVE: ServiceStatus.ACTIVE, ItemStatus.SUSPENDED: ServiceStatus.SUSPENDED}


class ServiceEnded(Exception):
    """The service has ended: it cannot become live again."""


def activate_service(*, service: Service, remote: RemoteService, now: datetime) -> None:
    """A purchase is there: ACTIVE with its number, dates, key and fields; a key that is still empty is looked for.

    Raises IntegrityError if another service holds this number.
    """
    _lock(service)
    if not service.is_ended:
        service.status = status_from(remote) or ServiceStatus.ACTIVE
    service.remote_id = remote.id
    service.save(update_fields=["remote_id", "server"])
    _write_remote_state(service, remote, now=now)
    event = record_event("service.activated", now=now, service=service, data={"remote_id": remote.id})
    _welcome(service, event, now=now)
    if missing_from_partner(service):
        queue_operation(
            service=service,
            kind=OperationKind.SYNC,
            now=now,
            params={"key_look": 0},
            run_after=now + FIRST_KEY_LOOK,
        )
    queue_renewal_if_due(service=service, now=now)


def activate_by_hand(*, service: Service, now: datetime, actor: str = "") -> None:
    """A product without a module: an operator did what there is to do."""
    _lock(service)
    if service.is_ended:
        raise ServiceEnded(str(service))
    _set_status(service, ServiceStatus.ACTIVE, now=now)
    event = record_event("service.activated", now=now, actor=actor, service=service)
    _welcome(service, event, now=now)


def _welcome(service: Service, event: Event, *, now: datetime) -> None:
    """The letter that the product is sold with; some have none."""
    letter = service.product.welcome_letter
    if letter:
        notify_client(event, client=service.client, now=now, letter=letter)


def renew_service(*, service: Service, remote: RemoteService, now: datetime) -> None:
    """The partner extended it: end date and status come from there."""
    _lock(service)
    before = service.expires_on
    _write_remote_state(service, remote, now=now)
    event = record_event(
        "service.renewed",
        now=now,
        service=service,
        data={"from": str(before) if before else None, "until": str(service.expires_on)},
    )
    notify_client(event, client=service.client, now=now)


def apply_remote_state(*, service: Service, remote: RemoteService, now: datetime) -> None:
    """A sync: takes over what the partner shows, with an Event if anything differs."""
    _lock(service)
    changes = _write_remote_state(service, remote, now=now)
    if changes:
        record_event("service.synced", now=now, service=service, data=changes)


def note_gone(*, service: Service, now: datetime) -> None:
    """The partner no longer has it: the service ends here too, and operators are told."""
    _lock(service)
    Service.objects.filter(pk=service.pk).update(synced_at=now, remote_status=ItemStatus.DELETED)
    if service.is_ended:
        return
    _set_status(service, ServiceStatus.TERMINATED, now=now)
    event = record_event("service.gone_at_partner", now=now, service=service, data={"remote_id": service.remote_id})
    notify_operators(event, now=now)


def end_service(*, service: Service, status: ServiceStatus, now: datetime, actor: str = "") -> None:
    """TERMINATED, or CANCELLED with its order. Ending twice changes nothing."""
    _lock(service)
    if service.is_ended:
        return
    _set_status(service, status, now=now)
    event = record_event("service.terminated", now=now, actor=actor, service=service, data={"status": status})
    notify_client(event, client=service.client, now=now)


def _lock(service: Service) -> None:
    """Locks the row and brings the caller's copy up to date."""
    fresh = Service.objects.select_for_update().get(pk=service.pk)
    for name in (*TAKEN_OVER, "remote_id", "paid_until", "next_due_date"):
        setattr(service, name, getattr(fresh, name))


def _set_status(service: Service, status: ServiceStatus, *, now: datetime) -> None:
    service.status = status
    if service.is_ended:
        service.ended_at = now
    # A suspension ends with whatever comes after it.
    service.suspension_cause, service.suspension_reason, service.suspended_at = "", "", None
    service.save(update_fields=["status", "ended_at", "suspension_cause", "suspension_reason", "suspended_at"])


def _write_remote_state(service: Service, remote: RemoteService, *, now: datetime) -> dict[str, Any]:
    """Takes over what the partner shows and saves it; returns what changed, without secrets."""
    changes = take_over(service, remote, now=now)
    service.save(update_fields=TAKEN_OVER)
    save_field_values(service=service, values=values_from(remote))
    return changes


def take_over(service: Service, remote: RemoteService, *, now: datetime) -> dict[str, Any]:
    """Status (5, processing, leaves ours alone), end date, IP and counted addons onto the caller's copy, not saved.

    Returns what changed as name → [before, after].
    """
    changes: dict[str, Any] = {}
    # Bought and not yet issued: whatever the partner calls it, only its issue makes it active.
    status = None if service.awaits_issue and get_kind(service.kind).is_issued_later else status_from(remote)
    if status is not None and service.status != status and not service.is_ended:
        changes["status"] = [service.status, status]
        service.status = status
    if remote.expires_on is not None and remote.expires_on != service.expires_on:
        changes["expires_on"] = [str(service.expires_on) if service.expires_on else None, str(remote.expires_on)]
        service.expires_on = remote.expires_on
    if remote.ip and remote.ip != "0.0.0.0" and remote.ip != service.dedicated_ip:  # noqa: S104
        changes["ip"] = [service.dedicated_ip, remote.ip]
        service.dedicated_ip = remote.ip
    if remote.addons and dict(remote.addons) != service.remote_addons:
        changes["addons"] = [service.remote_addons, dict(remote.addons)]
        service.remote_addons = dict(remote.addons)
    service.remote_status = remote.status
    service.synced_at = now
    return changes


def status_from(remote: RemoteService) -> ServiceStatus | None:
    """Our word for the partner's status; None where it says nothing about ours (ordered, processing, deleted)."""
    return _OUR_STATUS.get(remote.status) if remote.status is not None else None


def values_from(remote: RemoteService) -> dict[str, str]:
    """What the partner fills, under our keys; what it does not show stays as it is here."""
    shown = {
        "order_id": remote.id,
        "lickey": remote.key,
        "licname": remote.name,
        "ip": "" if remote.ip == "0.0.0.0" else remote.ip,  # noqa: S104
        **remote.extra,
    }
    return {key: value for key, value in shown.items() if value}
