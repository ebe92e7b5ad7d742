"""Runs one claimed operation to one outcome; whatever goes wrong on the way ends in a state that says so."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop

from billing.actions.provisioning import certifying, changing, creating, renewing, syncing, terminating
from billing.actions.provisioning.claiming import Claim, claim_operation
from billing.actions.provisioning.outcomes import (
    ClaimLost,
    NoLongerWanted,
    PurchaseUnderway,
    backoff,
    check_later,
    hold_account,
    requeue,
    withdraw_intent,
    words_of,
)
from billing.models import HoldReason, OperationKind
from noc.errors import AuthFailed, PartnerError

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

_PERFORM: dict[str, Callable[[Claim, Clock], None]] = {
    OperationKind.CREATE: creating.perform,
    OperationKind.RENEW: renewing.perform,
    OperationKind.TERMINATE: terminating.perform,
    OperationKind.SYNC: syncing.perform,
    OperationKind.CHANGE: changing.perform,
    OperationKind.REISSUE: certifying.perform_reissue,
}


def run_operation(*, operation_id: int, clock: Clock) -> None:
    """Claims the operation and performs it. `clock` gives the database's time; several moments matter in one run."""
    claim = claim_operation(operation_id=operation_id, now=clock())
    if claim is None:
        return
    try:
        _PERFORM[claim.operation.kind](claim, clock)
    except ClaimLost:
        logger.warning("Operation %s was taken over while attempt %s ran", operation_id, claim.attempt.number)
    except PurchaseUnderway:
        requeue(
            claim,
            now=clock(),
            message=gettext_noop("Waits: the same purchase is open on this account in another operation."),
        )
    except NoLongerWanted:
        # Claimed again at once, it is dropped there: by its order, its payment or its end.
        requeue(claim, now=clock(), wait=timedelta(0), message=gettext_noop("No longer wanted; nothing was sent."))
    except AuthFailed as error:
        _auth_failed(claim, error, clock)
    except PartnerError as error:
        # Only reads come here: calls with effects are judged where they are made.
        _put_off(claim, gettext_noop("The partner could not be read: %(detail)s"), words_of(error), clock)
    except Exception:
        # The row must not stay RUNNING because of a defect of ours; the lease would free it, but later.
        logger.exception("Operation %s failed unexpectedly", operation_id)
        _put_off(claim, gettext_noop("Something unexpected happened; the log tells more."), {}, clock)


def _is_open(claim: Claim) -> bool:
    """Whether a call with effects of this operation may have reached the partner and is not settled."""
    return claim.operation.sent_at is not None


def _auth_failed(claim: Claim, error: AuthFailed, clock: Clock) -> None:
    """A refused read: what was sent stays in CHECKING, what was not is held with the account."""
    if _is_open(claim):
        _put_off(
            claim, gettext_noop("The partner refuses the login of this account: %(detail)s"), words_of(error), clock
        )
    else:
        hold_account(claim, error, reason=HoldReason.ACCOUNT_REFUSED, now=clock(), **withdraw_intent(claim))


def _put_off(claim: Claim, message: str, values: dict[str, str], clock: Clock) -> None:
    now = clock()
    try:
        if _is_open(claim):
            check_later(claim, now=now, run_after=now + backoff(claim.attempt.number), message=message, values=values)
        else:
            requeue(claim, now=now, message=message, values=values)
    except ClaimLost:
        logger.warning("Operation %s was taken over while attempt %s ran", claim.operation.pk, claim.attempt.number)
