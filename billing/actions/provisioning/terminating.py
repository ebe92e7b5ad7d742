"""TERMINATE: deletes at the partner, or keeps the license for a later order (L3), then ends the service.

Safe to repeat, so a lost answer is simply asked again.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from billing.actions.fields import save_field_values
from billing.actions.lifecycle import end_service
from billing.actions.provisioning.claiming import Claim
from billing.actions.provisioning.outcomes import fail, finish, requeue, words_of
from billing.actions.provisioning.pooling import PutOff, put_into_pool
from billing.actions.provisioning.pooling_in import release
from billing.actions.queueing import release_held
from billing.models import HoldReason, OperationStatus, ServiceStatus
from billing.provisioners.ispmanager_noc import RemoteSide, open_remote_side
from billing.queries.pool import is_pooled
from noc.errors import OutcomeUnknown, Rejected, Unavailable
from noc.schemas import RemoteService

Clock = Callable[[], datetime]


def perform(claim: Claim, clock: Clock) -> None:
    """One attempt: release or delete at the partner what is there, then TERMINATED (or CANCELLED, as asked)."""
    service, server = claim.service, claim.operation.server
    released = None
    if service.remote_id and server is not None:
        with open_remote_side(service, server, reference=claim.attempt.call_reference) as side:
            try:
                released = _take_away(claim, side, clock)
            except PutOff:
                return
    _end(claim, released, clock)


def _take_away(claim: Claim, side: RemoteSide, clock: Clock) -> RemoteService | None:
    """The license as it went into the pool; None once it is deleted. Raises PutOff."""
    if is_pooled(claim.service) and not claim.operation.params.get("delete"):
        released = release(claim, side, clock)
        if released is not None:
            return released
    try:
        side.delete(claim.service.remote_id)
    except (OutcomeUnknown, Unavailable) as error:
        message = gettext_noop("The partner did not answer; deleting again. %(detail)s")
        requeue(claim, now=clock(), message=message, values=words_of(error))
    except Rejected as error:
        message = gettext_noop("The partner refused to delete it: %(detail)s")
        fail(claim, now=clock(), message=message, values=words_of(error))
    else:
        return None
    raise PutOff


def _end(claim: Claim, released: RemoteService | None, clock: Clock) -> None:
    now = clock()
    service = claim.service
    status = ServiceStatus(claim.operation.params.get("end_as", ServiceStatus.TERMINATED))
    message = gettext_noop("Deleted at the partner.") if service.remote_id else gettext_noop("Ended.")
    with transaction.atomic():
        end_service(service=service, status=status, now=now, actor=claim.operation.requested_by)
        if released is not None:
            message = gettext_noop("Kept at the partner as free.lic, for a later order.")
            put_into_pool(claim, released, now=now)
            if released.key:
                # The next owner's key has to differ from the one that was given away last.
                save_field_values(service=service, values={"lickey": released.key})
        finish(claim, status=OperationStatus.DONE, now=now, message=message)
        release_held(now=now, reasons=(HoldReason.CHILDREN_FIRST,), server_id=claim.operation.server_id)
