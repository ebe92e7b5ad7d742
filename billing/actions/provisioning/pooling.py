"""The places of the pool: a license comes in FREE, is TAKEN by one purchase, and is USED again or DROPPED.

Each change is one transaction with what belongs to it. A purchase that has TAKEN a license keeps it, whoever dies,
until it is settled: the row and the purchase's intent are written together before the first call.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from billing.actions.events import record_event
from billing.actions.provisioning.claiming import Claim
from billing.actions.provisioning.outcomes import change_claimed, forget_intent, write_intent
from billing.models import SETTLED_STATUSES, OperationStatus, PooledLicense, PoolState
from billing.provisioners.ispmanager_noc import RemoteSide
from billing.queries.pool import oldest_end, pooled_counts, takeable_ids
from noc.schemas import RemoteService

INTENT = ("match_key", "snapshot", "sent_at", "sent_attempt", "first_sent_at", "looks", "looked_at", "lease_expires_at")


class PutOff(Exception):
    """The operation has been put where it belongs: this attempt is over."""


class _NoLongerFree(Exception):
    """Another purchase was faster."""


def put_into_pool(claim: Claim, released: RemoteService, *, now: datetime) -> PooledLicense:
    """A license that its owner gave back: FREE. Call it in the transaction that ends the service."""
    service = claim.service
    assert claim.operation.server is not None
    pooled = PooledLicense.objects.create(
        server=claim.operation.server,
        tariff_id=service.tariff_id,
        addons=pooled_counts(service, released),
        remote_id=service.remote_id,
        expires_on=released.expires_on or service.expires_on,
        released_from=service,
        released_at=now,
        changed_at=now,
    )
    _record("license.pooled", claim, pooled, now=now)
    return pooled


def take_next(claim: Claim, side: RemoteSide, *, now: datetime) -> PooledLicense | None:
    """FREE → TAKEN for the first license that fits, with the intent, before any call; None if there is none.

    Raises PurchaseUnderway, NoLongerWanted or ClaimLost.
    """
    for row_id in takeable_ids(side.service, side.server, now=now):
        try:
            with transaction.atomic():
                write_intent(claim, match_key=side.match_key, snapshot=[], now=now)
                # Two purchases at once take two licenses instead of waiting for one another's.
                free = PooledLicense.objects.select_for_update(skip_locked=True, of=("self",))
                row = free.select_related("released_from").filter(pk=row_id, state=PoolState.FREE).first()
                if row is None or not _move(row, PoolState.FREE, PoolState.TAKEN, taken_by=claim.operation, now=now):
                    raise _NoLongerFree
                _record("license.taken", claim, row, now=now)
        except _NoLongerFree:
            claim.operation.refresh_from_db(fields=INTENT)
            continue
        return row
    return None


def put_back(claim: Claim, row: PooledLicense, *, now: datetime, note: str = "") -> None:
    """TAKEN → FREE, and the purchase is as if it had sent nothing. `note` (a msgid) keeps it from being tried soon."""
    _let_go_of(claim, row, PoolState.FREE, now=now, note=note)


def drop(claim: Claim, row: PooledLicense, *, now: datetime, note: str) -> None:
    """TAKEN → DROPPED: it is not there any more, or it is somebody's."""
    _let_go_of(claim, row, PoolState.DROPPED, now=now, note=note)


def _let_go_of(claim: Claim, row: PooledLicense, state: PoolState, *, now: datetime, note: str) -> None:
    with transaction.atomic():
        params = {key: value for key, value in claim.operation.params.items() if key != "new_key_of"}
        forgotten = {**forget_intent(claim), "remote_id": "", "extends_from": None, "params": params}
        change_claimed(claim, status=OperationStatus.RUNNING, **forgotten)
        if _move(row, PoolState.TAKEN, state, taken_by=None, now=now, note=note, expires_on=row.expires_on):
            name = "license.put_back" if state == PoolState.FREE else "license.dropped"
            _record(name, claim, row, now=now, note=note)


def mark_used(claim: Claim, *, remote_id: str, now: datetime) -> bool:
    """TAKEN → USED, in the transaction that activates the service. False: the purchase was an ordinary one."""
    taken = PooledLicense.objects.filter(taken_by=claim.operation, state=PoolState.TAKEN, remote_id=remote_id)
    return bool(taken.update(state=PoolState.USED, changed_at=now, note=""))


def drop_expired_pool(*, now: datetime) -> int:
    """Nightly: what the partner has deleted by now (30 days after its end) is DROPPED. Returns how many.

    So is what a purchase had taken that was given up by a person: nobody knows whose name it bears.
    """
    with transaction.atomic():
        expired = PooledLicense.objects.filter(state=PoolState.FREE, expires_on__lt=oldest_end(now))
        note = gettext_noop("Not renewed for 30 days after its end: the partner has deleted it.")
        dropped = expired.update(state=PoolState.DROPPED, changed_at=now, note=note)
        left = PooledLicense.objects.filter(state=PoolState.TAKEN, taken_by__status__in=SETTLED_STATUSES)
        note = gettext_noop("The purchase that took it was given up. Look at the partner whose it is.")
        dropped += left.update(state=PoolState.DROPPED, changed_at=now, note=note)
        if dropped:
            record_event("license.expired", now=now, data={"count": dropped})
    return dropped


def _move(row: PooledLicense, before: PoolState, after: PoolState, *, now: datetime, **changes: object) -> bool:
    """The old state in the WHERE: whoever comes second changes nothing."""
    values = {"state": after, "changed_at": now, **changes}
    moved = PooledLicense.objects.filter(pk=row.pk, state=before).update(**values)
    if moved:
        for name, value in values.items():
            setattr(row, name, value)
    return bool(moved)


def _record(name: str, claim: Claim, row: PooledLicense, *, now: datetime, note: str = "") -> None:
    data = {"remote_id": row.remote_id, "server": row.server_id, "message": note}
    record_event(name, now=now, service=claim.service, operation=claim.operation, data=data)
