"""RENEW: extends a service at the partner once per end date; pays once, then reads the new date back."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from billing.actions.certificates import follow_renewal
from billing.actions.lifecycle import renew_service
from billing.actions.provisioning.claiming import Claim
from billing.actions.provisioning.outcomes import (
    check_later,
    fail,
    finish,
    hold_account,
    need_person,
    withdraw_intent,
    words_of,
)
from billing.actions.provisioning.paying import PayingCall, pay_once
from billing.actions.queueing import queue_renewal_if_due
from billing.models import HoldReason, Operation, OperationKind, OperationStatus
from billing.provisioners.ispmanager_noc import RemoteSide, open_remote_side
from noc.errors import NotBought, NotFound, NotReady, PartnerError, Rejected, TooEarly
from noc.schemas import ItemStatus, RemoteService

Clock = Callable[[], datetime]
Words = tuple[str, dict[str, str]]

FIRST_LOOK = timedelta(seconds=2)
DAYS_A_MONTH = 30


def perform(claim: Claim, clock: Clock) -> None:
    """One attempt at a renewal, from wherever the last one stopped."""
    server = claim.operation.server
    if server is None:
        now = clock()
        with transaction.atomic():
            finish(claim, status=OperationStatus.DONE, now=now, message=gettext_noop("Nothing to do at a partner."))
        return
    with open_remote_side(claim.service, server, reference=claim.attempt.call_reference) as side:
        try:
            remote = side.read(claim.service.remote_id)
        except NotFound:
            _gone(claim, clock)
            return
        if remote.status == ItemStatus.DELETED:
            _gone(claim, clock)
        elif has_grown(claim, remote.expires_on, period=_period(claim)):
            _complete(claim, side, remote, clock)
        elif claim.operation.status == OperationStatus.CHECKING:
            not_grown(claim, remote, clock)
        else:
            _send(claim, side, remote, clock)


def _period(claim: Claim) -> int:
    return int(claim.operation.params["period"])


def end_before(operation: Operation) -> date | None:
    """The partner's end date as it was read before a renewal was sent; until then, the one that it extends."""
    if operation.kind == OperationKind.RENEW and operation.snapshot:
        return date.fromisoformat(operation.snapshot[0])
    return operation.extends_from


def has_grown(claim: Claim, expires_on: date | None, *, period: int) -> bool:
    """By more than half a period: smaller moves are time zones and the partner's own rounding."""
    before = end_before(claim.operation)
    if expires_on is None or before is None:
        return False
    return expires_on - before > timedelta(days=period * DAYS_A_MONTH / 2)


def _send(claim: Claim, side: RemoteSide, remote: RemoteService, clock: Clock) -> None:
    refusal = dry_run(side, remote.id, period=_period(claim))
    if refusal is not None:
        fail(claim, now=clock(), message=refusal[0], values=refusal[1])
        return
    paying = PayingCall(
        send=partial(_renew, claim, side),
        refused=gettext_noop("The partner refused the renewal: %(detail)s"),
        lost=gettext_noop("The partner's answer was lost: reading the end date. %(detail)s"),
        first_look=lambda now: now + FIRST_LOOK,
        left_unpaid=lambda error: left_unpaid(claim, side, error, clock),
        explain=explain_refusal,
    )
    before = [remote.expires_on.isoformat()] if remote.expires_on else []
    if pay_once(claim, clock, paying, match_key=f"{side.server.pk}:renew:{remote.id}", snapshot=before):
        _read_back(claim, side, clock)


def _renew(claim: Claim, side: RemoteSide) -> bool:
    """The new end date in the answer is only a hint: it is read back."""
    side.renew(claim.service.remote_id, _period(claim))
    return True


def explain_refusal(error: Rejected) -> Words:
    """Why the partner does not renew it, as plainly as it can be told."""
    if isinstance(error, TooEarly) and error.day is not None:
        return gettext_noop("Too early: the partner renews it only after %(date)s."), {"date": str(error.day)}
    if isinstance(error, NotReady):
        message = gettext_noop("The partner does not renew it now: it is in process, or was deleted. %(detail)s")
        return message, words_of(error)
    return gettext_noop("The partner refused the renewal: %(detail)s"), words_of(error)


def dry_run(side: RemoteSide, remote_id: str, *, period: int) -> Words | None:
    """Asks the renewal form which periods it offers; None if nothing speaks against sending."""
    tariff_id = side.service.tariff_id
    if not side.kind.is_renewable(tariff_id):
        message = gettext_noop("The partner does not extend Product ID %(tariff)s: a trial ends on its last day.")
        return message, {"tariff": tariff_id}
    try:
        form = side.renewal_form(remote_id)
    except Rejected as error:
        return explain_refusal(error)
    if form.status == ItemStatus.PROCESSING:
        message = gettext_noop("The partner is still at work on %(number)s: renew it once that is done.")
        return message, {"number": remote_id}
    if form.periods and period not in form.periods:
        offered = ", ".join(str(period) for period in sorted(form.periods))
        return (
            gettext_noop("The partner does not renew this for %(period)s months, only for: %(offered)s."),
            {"period": str(period), "offered": offered},
        )
    return None


def _read_back(claim: Claim, side: RemoteSide, clock: Clock) -> None:
    try:
        remote = side.read(claim.service.remote_id)
    except PartnerError as error:
        now = clock()
        message = gettext_noop("Renewed; the new end date cannot be read yet. %(detail)s")
        check_later(claim, now=now, run_after=now + FIRST_LOOK, message=message, values=words_of(error))
        return
    if has_grown(claim, remote.expires_on, period=_period(claim)):
        _complete(claim, side, remote, clock)
    else:
        not_grown(claim, remote, clock)


def _complete(claim: Claim, side: RemoteSide, remote: RemoteService, clock: Clock) -> None:
    """Ours first; the partner's own auto-renewal goes off once nothing can be lost any more."""
    now = clock()
    message = (
        gettext_noop("Extended until %(date)s.")
        if claim.operation.was_sent
        else gettext_noop("It was extended already, until %(date)s: nothing was sent.")
    )
    with transaction.atomic():
        renew_service(service=claim.service, remote=remote, now=now)
        values = {"date": str(remote.expires_on)}
        finish(claim, status=OperationStatus.DONE, now=now, message=message, values=values)
        queue_renewal_if_due(service=claim.service, now=now)
        follow_renewal(service=claim.service, remote=remote, now=now)
    side.keep_auto_renewal_off(remote)


def not_grown(claim: Claim, remote: RemoteService, clock: Clock) -> None:
    """Unchanged at two looks NOC_RENEW_LOOK_INTERVAL apart and not being processed: a person decides."""
    now = clock()
    operation = claim.operation
    looked_at = operation.looked_at
    if remote.status != ItemStatus.PROCESSING and (
        looked_at is None or now >= looked_at + settings.NOC_RENEW_LOOK_INTERVAL
    ):
        operation.looks, operation.looked_at = operation.looks + 1, now
    waited_too_long = now - (operation.sent_at or now) > settings.NOC_PROCESSING_PATIENCE
    if operation.looks >= 2 or waited_too_long:
        message = gettext_noop("The renewal was sent, and the end date at the partner is still %(date)s.")
        need_person(claim, now=now, message=message, values={"date": str(remote.expires_on)})
        return
    counted = (operation.looked_at or now) + settings.NOC_RENEW_LOOK_INTERVAL
    soon = now + FIRST_LOOK * 2 ** min(operation.attempt, 8)
    check_later(
        claim,
        now=now,
        run_after=max(now + FIRST_LOOK, min(soon, counted)),
        message=gettext_noop("The end date has not moved yet; looking again."),
        looks=operation.looks,
        looked_at=operation.looked_at,
    )


def left_unpaid(claim: Claim, side: RemoteSide, error: NotBought, clock: Clock) -> None:
    """Only the order is taken out of the basket: its item is the live service itself."""
    if not error.billorder:
        message = gettext_noop("The partner left the renewal unpaid in its basket: take it out there, then retry.")
        need_person(claim, now=clock(), message=message)
        return
    try:
        side.empty_basket(NotBought(error.message, billorder=error.billorder))
    except PartnerError as trouble:
        message = gettext_noop("The renewal lies unpaid in the partner's basket and could not be taken out. %(detail)s")
        need_person(claim, now=clock(), message=message, values=words_of(trouble))
        return
    hold_account(claim, error, reason=HoldReason.NO_MONEY, now=clock(), **withdraw_intent(claim))


def _gone(claim: Claim, clock: Clock) -> None:
    message = gettext_noop("There is no service %(number)s at the partner any more.")
    fail(claim, now=clock(), message=message, values={"number": claim.service.remote_id})
