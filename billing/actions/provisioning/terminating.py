"""TERMINATE: deletes at the partner, then ends the service. Safe to repeat, so a lost answer is simply asked again."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from billing.actions.lifecycle import end_service
from billing.actions.provisioning.claiming import Claim
from billing.actions.provisioning.outcomes import fail, finish, requeue, words_of
from billing.actions.queueing import release_held
from billing.models import HoldReason, OperationStatus, ServiceStatus
from billing.provisioners.ispmanager_noc import open_remote_side
from noc.errors import OutcomeUnknown, Rejected, Unavailable

Clock = Callable[[], datetime]


def perform(claim: Claim, clock: Clock) -> None:
    """One attempt: delete at the partner what is there, then TERMINATED (or CANCELLED, as the order asked)."""
    service, server = claim.service, claim.operation.server
    if service.remote_id and server is not None:
        with open_remote_side(service, server, reference=claim.attempt.call_reference) as side:
            try:
                side.delete(service.remote_id)
            except (OutcomeUnknown, Unavailable) as error:
                message = gettext_noop("The partner did not answer; deleting again. %(detail)s")
                requeue(claim, now=clock(), message=message, values=words_of(error))
                return
            except Rejected as error:
                message = gettext_noop("The partner refused to delete it: %(detail)s")
                fail(claim, now=clock(), message=message, values=words_of(error))
                return
    _end(claim, clock)


def _end(claim: Claim, clock: Clock) -> None:
    now = clock()
    service = claim.service
    status = ServiceStatus(claim.operation.params.get("end_as", ServiceStatus.TERMINATED))
    with transaction.atomic():
        end_service(service=service, status=status, now=now, actor=claim.operation.requested_by)
        message = gettext_noop("Deleted at the partner.") if service.remote_id else gettext_noop("Ended.")
        finish(claim, status=OperationStatus.DONE, now=now, message=message)
        release_held(now=now, reasons=(HoldReason.CHILDREN_FIRST,), server_id=claim.operation.server_id)
