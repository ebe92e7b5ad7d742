"""CREATE: buys a service once. Snapshot, intent, one paying call, then reading back what was bought."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from billing.actions.certificates import await_certificate
from billing.actions.fields import save_field_values
from billing.actions.lifecycle import activate_by_hand, activate_service
from billing.actions.provisioning.certifying import prepare_purchase
from billing.actions.provisioning.claiming import Claim
from billing.actions.provisioning.looking import find_purchase, look_for_purchase, next_look_at
from billing.actions.provisioning.outcomes import (
    change_claimed,
    check_later,
    check_patiently,
    finish,
    hold_account,
    need_person,
    withdraw_intent,
    words_of,
)
from billing.actions.provisioning.paying import PayingCall, pay_once
from billing.actions.provisioning.pooling import PutOff, mark_used
from billing.actions.provisioning.pooling_out import take_from_pool
from billing.actions.queueing import release_children
from billing.models import HoldReason, OperationStatus, Service
from billing.provisioners.ispmanager_noc import RemoteSide, open_remote_side
from billing.queries.children import must_follow_parent
from noc.errors import (
    NotBought,
    NotFound,
    PartnerError,
)
from noc.schemas import ItemStatus, RemoteService

Clock = Callable[[], datetime]


def perform(claim: Claim, clock: Clock) -> None:
    """One attempt at a purchase, from wherever the last one stopped."""
    service, server = claim.service, claim.operation.server
    if not service.module or server is None:
        _finish_by_hand(claim, now=clock())
        return
    with open_remote_side(service, server, reference=claim.attempt.call_reference) as side:
        try:
            taken = take_from_pool(claim, side, clock)
        except PutOff:
            return
        if taken or claim.operation.remote_id:
            _read_back(claim, side, taken or claim.operation.remote_id, clock)
        elif claim.operation.status == OperationStatus.CHECKING:
            _look(claim, side, clock)
        else:
            _send(claim, side, clock)


def _finish_by_hand(claim: Claim, *, now: datetime) -> None:
    with transaction.atomic():
        activate_by_hand(service=claim.service, now=now, actor=claim.operation.requested_by)
        finish(claim, status=OperationStatus.DONE, now=now, message=gettext_noop("Activated; nothing to buy."))


def _send(claim: Claim, side: RemoteSide, clock: Clock) -> None:
    prepared = prepare_purchase(claim, side, clock)
    if prepared is None:
        return
    rows = side.list_all()
    if claim.operation.was_sent:
        # Sent before and proven not bought. Should it have come late after all, it is ours: no second purchase.
        found = find_purchase(claim, side, rows)
        if found.adopted is not None:
            _keep(claim, side, found.adopted.id, clock)
            return
        if found.is_ambiguous:
            need_person(
                claim, now=clock(), message=gettext_noop("Several new licenses at the partner could be this one.")
            )
            return
    snapshot = [row.id for row in rows if side.looks_alike(row)]
    paying = PayingCall(
        send=partial(side.buy, prepared),
        refused=gettext_noop("The partner refused the order: %(detail)s"),
        lost=gettext_noop("The partner's answer was lost: looking for what was bought. %(detail)s"),
        first_look=lambda now: next_look_at(claim, now=now),
        left_unpaid=lambda error: _not_bought(claim, side, error, clock),
    )
    reply = pay_once(claim, clock, paying, match_key=side.match_key, snapshot=snapshot)
    if reply is None:
        return
    if reply.remote_id:
        _keep(claim, side, reply.remote_id, clock)
        return
    message = gettext_noop("The partner answered without a number: looking for what was bought.")
    now = clock()
    check_later(claim, now=now, run_after=next_look_at(claim, now=now), message=message)


def _look(claim: Claim, side: RemoteSide, clock: Clock) -> None:
    found = look_for_purchase(claim, side, clock)
    if found is None:
        return
    if found.status == ItemStatus.ORDERED:
        _not_bought(claim, side, NotBought(gettext_noop("The order was left unpaid."), item_id=found.id), clock)
        return
    _keep(claim, side, found.id, clock)


def _keep(claim: Claim, side: RemoteSide, remote_id: str, clock: Clock) -> None:
    """The number first, whatever happens next; then the details."""
    if remote_id in (claim.operation.snapshot or ()) or _is_held_elsewhere(claim, remote_id):
        message = gettext_noop("The partner named %(number)s, which was there before this order.")
        need_person(claim, now=clock(), message=message, values={"number": remote_id})
        return
    change_claimed(claim, remote_id=remote_id)
    _read_back(claim, side, remote_id, clock)


def _is_held_elsewhere(claim: Claim, remote_id: str) -> bool:
    held = Service.objects.filter(server=claim.operation.server, kind=claim.service.kind, remote_id=remote_id)
    return held.exclude(pk=claim.service.pk).exists()


def _read_back(claim: Claim, side: RemoteSide, remote_id: str, clock: Clock) -> None:
    try:
        remote = side.read(remote_id)
    except NotFound:
        _vanished(claim, remote_id, clock)
        return
    except PartnerError as error:
        message = gettext_noop("Bought as %(number)s; its details cannot be read yet. %(detail)s")
        _again_soon(claim, clock, message, {"number": remote_id, **words_of(error)})
        return
    if remote.status == ItemStatus.ORDERED:
        _not_bought(claim, side, NotBought(gettext_noop("The order was left unpaid."), item_id=remote_id), clock)
    elif remote.status == ItemStatus.DELETED:
        _vanished(claim, remote_id, clock)
    elif remote.status in (ItemStatus.ACTIVE, ItemStatus.SUSPENDED) or side.kind.is_issued_later:
        _activate(claim, side, remote, clock)
    else:
        message = gettext_noop("Bought as %(number)s; the partner is still making it.")
        _again_soon(claim, clock, message, {"number": remote_id})


def _activate(claim: Claim, side: RemoteSide, remote: RemoteService, clock: Clock) -> None:
    now = clock()
    try:
        with transaction.atomic():
            take = await_certificate if side.kind.is_issued_later else activate_service
            take(service=claim.service, remote=remote, now=now)
            if must_follow_parent(claim.service):
                save_field_values(service=claim.service, values={"item": side.fields.get("item", "")})
            release_children(parent=claim.service, now=now)
            is_pooled = mark_used(claim, remote_id=remote.id, now=now)
            message = (
                gettext_noop("Taken out of the pool as %(number)s.")
                if is_pooled
                else gettext_noop("Bought as %(number)s.")
            )
            finish(claim, status=OperationStatus.DONE, now=now, message=message, values={"number": remote.id})
    except IntegrityError:
        message = gettext_noop("The partner named %(number)s, which another service holds.")
        need_person(claim, now=now, message=message, values={"number": remote.id})
        return
    if remote.auto_renewal:
        _renew_only_by_us(side, remote)


def _renew_only_by_us(side: RemoteSide, remote: RemoteService) -> None:
    """Best effort: the next sync tries again."""
    try:
        side.turn_off_auto_renewal(remote)
    except PartnerError:
        return


def _not_bought(claim: Claim, side: RemoteSide, error: NotBought, clock: Clock) -> None:
    """An unpaid order is no purchase: the basket is emptied, the account waits for money."""
    if not (error.billorder or error.item_id):
        message = gettext_noop("The partner left the order unpaid: looking for it, to take it out of the basket.")
        now = clock()
        check_later(claim, now=now, run_after=next_look_at(claim, now=now), message=message)
        return
    try:
        side.empty_basket(error)
    except PartnerError as trouble:
        message = gettext_noop("The order lies unpaid in the partner's basket and could not be taken out. %(detail)s")
        need_person(claim, now=clock(), message=message, values=words_of(trouble))
        return
    hold_account(claim, error, reason=HoldReason.NO_MONEY, now=clock(), **{**withdraw_intent(claim), "remote_id": ""})


def _vanished(claim: Claim, remote_id: str, clock: Clock) -> None:
    message = gettext_noop("The partner named %(number)s, and it is not there.")
    need_person(claim, now=clock(), message=message, values={"number": remote_id})


def _again_soon(claim: Claim, clock: Clock, message: str, values: dict[str, str]) -> None:
    """Bought for certain, not ready yet: look again, patiently, then ask a person."""
    check_patiently(claim, now=clock(), message=message, values=values)
