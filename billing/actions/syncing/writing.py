"""What a reading of an account changes here: in batches, each one transaction, rows locked in the order of their ids.

Rule 8 is judged under the lock: services with an unsettled operation, or one settled since the lists were read, are
left out, and so are those that changed hands meanwhile.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.actions.fields import save_values_of_many
from billing.actions.lifecycle import TAKEN_OVER, note_gone, take_over, values_from
from billing.actions.queueing import queue_operation
from billing.actions.syncing.lease import AccountLease
from billing.models import SETTLED_STATUSES, Event, Operation, OperationKind, Service
from billing.provisioners.account_reading import FormAnswer
from billing.queries.account_services import OurService
from noc.schemas import ItemStatus

# Each is two calls of a SYNC operation; the rest is found again tomorrow.
AUTO_RENEWALS_A_RUN: Final = 200


@dataclass(frozen=True, slots=True)
class Written:
    """How many services of a batch changed, and how many were left out."""

    changed: int
    left_out: int


def write_same(
    lease: AccountLease, same: Sequence[tuple[int, ItemStatus | None]], *, since: datetime, now: datetime
) -> None:
    """Services that are as they were: only that they were seen."""
    by_status: dict[ItemStatus | None, list[int]] = defaultdict(list)
    for service_id, status in same:
        by_status[status].append(service_id)
    with transaction.atomic():
        for status, ids in by_status.items():
            resting = _resting(Service.objects.filter(pk__in=ids, server=lease.server), since=since)
            resting.update(synced_at=now, remote_status=status)
        lease.extend(now=now)


def write_forms(
    lease: AccountLease, told: Sequence[tuple[OurService, FormAnswer]], *, since: datetime, now: datetime
) -> Written:
    """Takes over what forms show: columns, fields, and an Event for each service that changed."""
    changed: list[Service] = []
    with transaction.atomic():
        locked = _lock(lease, [ours for ours, _answer in told], since=since, now=now)
        events: list[Event] = []
        values: dict[int, dict[str, str]] = {}
        for ours, answer in told:
            service = locked.get(ours.id)
            if service is None or answer.remote is None:
                continue
            changes = take_over(service, answer.remote, now=now)
            values[service.pk] = values_from(answer.remote)
            if changes:
                changed.append(service)
                events.append(_event(service, changes, now=now))
            if service.awaits_issue:  # only its own SYNC sees whether it is issued by now
                queue_operation(service=service, kind=OperationKind.SYNC, now=now)
        Service.objects.bulk_update(locked.values(), TAKEN_OVER, batch_size=500)
        save_values_of_many(services=list(locked.values()), values=values)
        Event.objects.bulk_create(events)
    return Written(changed=len(changed), left_out=len(told) - len(locked))


def end_gone(lease: AccountLease, gone: Sequence[OurService], *, since: datetime, now: datetime) -> int:
    """Ends what the partner's forms say is not there any more; returns how many."""
    with transaction.atomic():
        locked = _lock(lease, gone, since=since, now=now)
        for service in locked.values():
            note_gone(service=service, now=now)
    return len(locked)


def queue_auto_renewals(lease: AccountLease, service_ids: Sequence[int], *, since: datetime, now: datetime) -> int:
    """Auto-renewal found on is turned off by the service's own SYNC: it never crosses a change of name or IP."""
    with transaction.atomic():
        mine = Service.objects.filter(pk__in=service_ids[:AUTO_RENEWALS_A_RUN], server=lease.server)
        found = list(_resting(mine, since=since).select_for_update().order_by("pk"))
        lease.extend(now=now)
        for service in found:
            queue_operation(service=service, kind=OperationKind.SYNC, now=now)
    return len(found)


def _lock(lease: AccountLease, services: Iterable[OurService], *, since: datetime, now: datetime) -> dict[int, Service]:
    """The rows that may be written, by id, locked; judged for rule 8 after the lock."""
    places = {ours.id: ours.place for ours in services}
    mine = Service.objects.filter(pk__in=places, server=lease.server).not_ended()
    locked = list(mine.select_for_update().order_by("pk"))
    lease.extend(now=now)
    moving = set(_moving(since=since).filter(service__in=locked).values_list("service_id", flat=True))
    return {
        service.pk: service
        for service in locked
        if service.pk not in moving and (service.kind, service.remote_id) == places[service.pk]
    }


def _moving(*, since: datetime) -> QuerySet[Operation]:
    return Operation.objects.filter(~Q(status__in=SETTLED_STATUSES) | Q(finished_at__gte=since))


def _resting(services: QuerySet[Service], *, since: datetime) -> QuerySet[Service]:
    return services.filter(~Exists(_moving(since=since).filter(service=OuterRef("pk"))))


def _event(service: Service, changes: dict[str, Any], *, now: datetime) -> Event:
    return Event(name="service.synced", at=now, client_id=service.client_id, service=service, data=changes)
