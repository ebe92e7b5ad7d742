"""CHANGE: name and IP, at the partner first. A refusal is shown in words and nothing of ours changes.

What the partner shows decides: it is read before anything is sent, and read back before ours follows.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_noop

from billing.actions.fields import save_field_values
from billing.actions.lifecycle import apply_remote_state
from billing.actions.provisioning.claiming import Claim
from billing.actions.provisioning.outcomes import (
    backoff,
    change_claimed,
    check_later,
    fail,
    finish,
    hold_account,
    requeue,
    words_of,
)
from billing.models import HoldReason, OperationStatus
from billing.provisioners.ispmanager_noc import RemoteSide, open_remote_side
from noc.errors import AuthFailed, NotFound, OutcomeUnknown, PartnerError, Rejected, Unavailable
from noc.schemas import ItemStatus, RemoteService

Clock = Callable[[], datetime]

FIRST_LOOK: Final = timedelta(seconds=2)
NOTHING_SENT: Final[Mapping[str, None]] = {"sent_at": None, "sent_attempt": None, "first_sent_at": None}


def perform(claim: Claim, clock: Clock) -> None:
    """One attempt. Where an answer was lost, the form tells whether it has to be sent again."""
    service, server = claim.service, claim.operation.server
    wanted = {key: str(value) for key, value in claim.operation.params.items()}
    if server is None or not service.remote_id:
        fail(claim, now=clock(), message=gettext_noop("There is nothing at a partner to change."))
        return
    with open_remote_side(service, server, reference=claim.attempt.call_reference) as side:
        try:
            remote = side.read(service.remote_id)
        except NotFound:
            _gone(claim, clock)
            return
        if remote.status == ItemStatus.DELETED:
            _gone(claim, clock)
        elif not _differing(remote, wanted):
            _apply(claim, wanted, remote, clock)
        elif _send(claim, side, wanted, clock):
            _read_back(claim, side, wanted, clock)


def _shown(remote: RemoteService) -> dict[str, str]:
    return {key: value for key, value in (("licname", remote.name), ("ip", remote.ip)) if value}


def _differing(remote: RemoteService, wanted: Mapping[str, str]) -> list[str]:
    """The fields that the partner shows otherwise, or not at all."""
    shown = _shown(remote)
    return [key for key, value in wanted.items() if shown.get(key) != value]


def _send(claim: Claim, side: RemoteSide, wanted: dict[str, str], clock: Clock) -> bool:
    """Whether the partner took it; else the operation has been put where it belongs."""
    was_open = claim.operation.status == OperationStatus.CHECKING
    _note_sending(claim, now=clock())
    try:
        side.change(claim.service.remote_id, {**side.fields, **wanted})
    except NotFound:
        _gone(claim, clock)
    except Rejected as error:
        message = gettext_noop("The partner refused the change: %(detail)s")
        fail(claim, now=clock(), message=message, values={**words_of(error), "field": error.field})
    except Unavailable as error:
        message = gettext_noop("The partner cannot be reached; nothing was sent. %(detail)s")
        if was_open:
            _look_later(claim, message, error, clock)
        else:
            requeue(claim, now=clock(), message=message, values=words_of(error), **NOTHING_SENT)
    except AuthFailed as error:
        if was_open:
            raise
        hold_account(claim, error, reason=HoldReason.ACCOUNT_REFUSED, now=clock(), **NOTHING_SENT)
    except OutcomeUnknown as error:
        _look_later(
            claim, gettext_noop("The partner's answer was lost: reading what it shows. %(detail)s"), error, clock
        )
    else:
        return True
    return False


def _note_sending(claim: Claim, *, now: datetime) -> None:
    """Whoever comes after a crash reads the form first."""
    first = claim.operation.first_sent_at or now
    change_claimed(claim, sent_at=now, sent_attempt=claim.attempt.number, first_sent_at=first)


def _look_later(claim: Claim, message: str, error: PartnerError, clock: Clock) -> None:
    now = clock()
    wait = FIRST_LOOK if claim.attempt.number == 1 else backoff(claim.attempt.number)
    check_later(claim, now=now, run_after=now + wait, message=message, values=words_of(error))


def _read_back(claim: Claim, side: RemoteSide, wanted: dict[str, str], clock: Clock) -> None:
    try:
        remote = side.read(claim.service.remote_id)
    except PartnerError as error:
        message = gettext_noop("Changed; what the partner shows cannot be read yet. %(detail)s")
        _look_later(claim, message, error, clock)
        return
    _apply(claim, wanted, remote, clock)


def _apply(claim: Claim, wanted: dict[str, str], remote: RemoteService, clock: Clock) -> None:
    """Ours follows what the partner shows; where it shows nothing, what it took."""
    now, service, shown = clock(), claim.service, _shown(remote)
    ignored = [shown[key] for key in _differing(remote, wanted) if key == "ip" and key in shown]
    with transaction.atomic():
        save_field_values(service=service, values={key: value for key, value in wanted.items() if key not in shown})
        apply_remote_state(service=service, remote=remote, now=now)
        if ignored:
            message = gettext_noop("The partner did not take the change over: it still shows %(shown)s.")
            values = {"shown": ignored[0], "field": "ip"}
            finish(claim, status=OperationStatus.FAILED, now=now, message=message, values=values)
        else:
            finish(claim, status=OperationStatus.DONE, now=now, message=gettext_noop("Changed at the partner."))


def _gone(claim: Claim, clock: Clock) -> None:
    message = gettext_noop("There is no service %(number)s at the partner any more.")
    fail(claim, now=clock(), message=message, values={"number": claim.service.remote_id})
