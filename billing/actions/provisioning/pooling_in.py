"""Into the pool: the license loses name, address and reference instead of being deleted (partner-api.md §12).

What the form shows decides, never an answer alone: a release whose answer was lost is simply asked again.
A release that the partner refuses (it limits how often an address changes) is not asked again by itself, and the
license is not deleted either, since that would throw away paid time on a guess: the operation FAILS in words, and an
operator tries later or deletes it instead (TERMINATE with the parameter `delete`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop

from billing.actions.provisioning.claiming import Claim
from billing.actions.provisioning.outcomes import fail, keep_claim, requeue, words_of
from billing.actions.provisioning.pooling import PutOff
from billing.provisioners.ispmanager_noc import RemoteSide
from billing.queries.pool import KEPT_AFTER_END, can_be_pooled, partner_day
from noc.errors import AuthFailed, NotFound, OutcomeUnknown, PartnerError, Rejected, Unavailable
from noc.kinds.license import FREE_NAME, NO_ADDRESS
from noc.schemas import ItemStatus, RemoteService

Clock = Callable[[], datetime]

WHILE_BUSY = timedelta(seconds=30)


def release(claim: Claim, side: RemoteSide, clock: Clock) -> RemoteService | None:
    """The license's form once nobody holds it; None where there is nothing to keep: then it is deleted, if still there.

    Raises PutOff once the operation waits or has failed.
    """
    form = _read(side, claim.service.remote_id)
    if form is None or not _is_worth_keeping(form, clock):
        return None
    if form.status == ItemStatus.PROCESSING:
        message = gettext_noop("The partner is still at work on it; it goes into the pool after that.")
        requeue(claim, now=clock(), wait=WHILE_BUSY, message=message)
        raise PutOff
    if is_without_owner(form):
        return form
    # Whoever has ended the service meanwhile may have sold the license again.
    keep_claim(claim, now=clock())
    try:
        side.release(form.id)
    except NotFound:
        return None
    except (Rejected, OutcomeUnknown, AuthFailed) as error:
        raise_unless_refused(error)
        return _judge_refusal(claim, side, error, clock)
    except Unavailable as error:
        _ask_again(claim, error, clock)
    return _judge_refusal(claim, side, None, clock)


def _read(side: RemoteSide, remote_id: str) -> RemoteService | None:
    try:
        form = side.read(remote_id)
    except NotFound:
        return None
    return None if form.status == ItemStatus.DELETED else form


def is_without_owner(form: RemoteService) -> bool:
    """Whether the form shows a license of the pool: its name, or no address."""
    return form.name.casefold() == FREE_NAME or form.ip == NO_ADDRESS or not (form.name or form.ip)


def raise_unless_refused(error: PartnerError) -> None:
    """`access` refuses the function (or the field), not the login: only other login trouble is the account's."""
    if isinstance(error, AuthFailed) and error.type != "access":
        raise error


def _is_worth_keeping(form: RemoteService, clock: Clock) -> bool:
    """Not what was never paid, what cannot be sold again, or what the partner deletes any day."""
    is_old = form.expires_on is not None and form.expires_on < partner_day(clock()) - KEPT_AFTER_END
    is_sold = not form.tariff_id or can_be_pooled(form.kind, form.tariff_id)
    return form.status != ItemStatus.ORDERED and is_sold and not is_old


def _judge_refusal(claim: Claim, side: RemoteSide, error: PartnerError | None, clock: Clock) -> RemoteService | None:
    """Reads the form again: free after all, gone, or refused for certain."""
    form = _read(side, claim.service.remote_id)
    if form is None or is_without_owner(form):
        return form
    if isinstance(error, OutcomeUnknown) and not error.type:
        _ask_again(claim, error, clock)
    message = gettext_noop(
        "The partner did not let it go into the pool. Try again later, or have it deleted instead: %(detail)s"
    )
    detail = error.message if error else f"{form.name} {form.ip}"
    fail(claim, now=clock(), message=message, values={"detail": detail})
    raise PutOff


def _ask_again(claim: Claim, error: PartnerError, clock: Clock) -> None:
    message = gettext_noop("The partner did not answer; putting it into the pool again. %(detail)s")
    requeue(claim, now=clock(), message=message, values=words_of(error))
    raise PutOff
