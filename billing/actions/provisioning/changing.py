"""CHANGE: name and IP, at the partner first. A refusal is shown in words and nothing of ours changes."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from billing.actions.fields import save_field_values
from billing.actions.lifecycle import apply_remote_state
from billing.actions.provisioning.claiming import Claim
from billing.actions.provisioning.outcomes import fail, finish, requeue, words_of
from billing.models import OperationStatus
from billing.provisioners.ispmanager_noc import open_remote_side
from noc.errors import NotFound, OutcomeUnknown, PartnerError, Rejected, Unavailable
from noc.schemas import RemoteService

Clock = Callable[[], datetime]


def perform(claim: Claim, clock: Clock) -> None:
    """One attempt. The same values sent twice are harmless, so a lost answer is asked again."""
    service, server = claim.service, claim.operation.server
    wanted = {key: str(value) for key, value in claim.operation.params.items()}
    if server is None or not service.remote_id:
        fail(claim, now=clock(), message=gettext_noop("There is nothing at a partner to change."))
        return
    with open_remote_side(service, server, reference=claim.attempt.call_reference) as side:
        try:
            side.change(service.remote_id, {**side.fields, **wanted})
        except NotFound:
            message = gettext_noop("There is no service %(number)s at the partner any more.")
            fail(claim, now=clock(), message=message, values={"number": service.remote_id})
            return
        except Rejected as error:
            message = gettext_noop("The partner refused the change: %(detail)s")
            fail(claim, now=clock(), message=message, values=words_of(error))
            return
        except (OutcomeUnknown, Unavailable) as error:
            message = gettext_noop("The partner did not answer; asking again. %(detail)s")
            requeue(claim, now=clock(), message=message, values=words_of(error))
            return
        try:
            remote = side.read(service.remote_id)
        except PartnerError:
            remote = None
    _apply(claim, wanted, remote, clock)


def _apply(claim: Claim, wanted: dict[str, str], remote: RemoteService | None, clock: Clock) -> None:
    now = clock()
    service = claim.service
    with transaction.atomic():
        save_field_values(service=service, values=wanted)
        if "ip" in wanted:
            service.dedicated_ip = wanted["ip"] or None
            service.save(update_fields=["dedicated_ip"])
        if remote is not None:
            apply_remote_state(service=service, remote=remote, now=now)
        finish(claim, status=OperationStatus.DONE, now=now, message=gettext_noop("Changed at the partner."))
