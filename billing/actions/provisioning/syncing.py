"""SYNC: reads one service and brings ours in line: status, end date, key, fields; auto-renewal found on goes off."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from billing.actions.certificates import IssueReading, look_again, note_issue
from billing.actions.lifecycle import apply_remote_state, note_gone
from billing.actions.provisioning.certifying import read_issue
from billing.actions.provisioning.claiming import Claim
from billing.actions.provisioning.outcomes import finish
from billing.actions.queueing import queue_operation
from billing.models import OperationKind, OperationStatus
from billing.provisioners.ispmanager_noc import open_remote_side
from billing.queries.services import missing_from_partner
from noc.errors import NotFound, PartnerError
from noc.schemas import ItemStatus, RemoteService

Clock = Callable[[], datetime]

# A key may appear a while after the purchase: looked for at growing intervals, about half a day in all.
KEY_LOOKS = tuple(timedelta(seconds=seconds) for seconds in (10, 20, 40, 60, 120, 300, 900, 3600, 3 * 3600, 8 * 3600))


def perform(claim: Claim, clock: Clock) -> None:
    """One reading."""
    server = claim.operation.server
    if server is None or not claim.service.remote_id:
        with transaction.atomic():
            finish(
                claim, status=OperationStatus.DONE, now=clock(), message=gettext_noop("Nothing to read at a partner.")
            )
        return
    message = gettext_noop("In line with the partner.")
    with open_remote_side(claim.service, server, reference=claim.attempt.call_reference) as side:
        try:
            remote = side.read(claim.service.remote_id)
        except NotFound:
            _gone(claim, clock)
            return
        if remote.status == ItemStatus.DELETED:
            _gone(claim, clock)
            return
        if remote.auto_renewal:
            try:
                side.turn_off_auto_renewal(remote)
            except PartnerError:
                message = gettext_noop("Read, but the partner's auto-renewal could not be turned off.")
        reading = read_issue(side, remote)
    _apply(claim, remote, reading, message, clock)


def _apply(claim: Claim, remote: RemoteService, reading: IssueReading | None, message: str, clock: Clock) -> None:
    now = clock()
    with transaction.atomic():
        apply_remote_state(service=claim.service, remote=remote, now=now)
        if reading is not None:
            note_issue(service=claim.service, remote=remote, reading=reading, now=now)
        finish(claim, status=OperationStatus.DONE, now=now, message=message)
        _look_for_key(claim, now=now)
        if reading is not None:
            look_again(service=claim.service, now=now)


def _look_for_key(claim: Claim, *, now: datetime) -> None:
    """A sync that waits for a key asks for the next one until the key is there."""
    look = claim.operation.params.get("key_look")
    if look is None or look + 1 >= len(KEY_LOOKS) or not missing_from_partner(claim.service):
        return
    queue_operation(
        service=claim.service,
        kind=OperationKind.SYNC,
        now=now,
        params={"key_look": look + 1},
        run_after=now + KEY_LOOKS[look + 1],
    )


def _gone(claim: Claim, clock: Clock) -> None:
    now = clock()
    with transaction.atomic():
        note_gone(service=claim.service, now=now)
        message = gettext_noop("There is no service %(number)s at the partner any more.")
        finish(claim, status=OperationStatus.DONE, now=now, message=message, values={"number": claim.service.remote_id})
