"""CHECKING: was it bought? Looks at the partner's lists until the evidence decides; never sends.

A find counts at any look. "None found" counts only at looks NOC_LOOK_INTERVAL apart, the first of them so long after
sending that the lost call can no longer be under way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext_noop

from billing.actions.provisioning.claiming import Claim
from billing.actions.provisioning.outcomes import check_later, need_person, requeue
from billing.models import Operation, Service
from billing.provisioners.ispmanager_noc import RemoteSide
from noc.errors import NotFound
from noc.schemas import ItemStatus, RemoteService

Clock = Callable[[], datetime]

EARLY_LOOKS = (timedelta(seconds=2), timedelta(seconds=8), timedelta(seconds=30))
FORMS_READ = 20  # more look-alikes than this are ambiguous without reading


@dataclass(frozen=True)
class Evidence:
    """What the lists say: the one row that is ours, or too many, or an order left unpaid, or nothing."""

    adopted: RemoteService | None = None
    unpaid: RemoteService | None = None
    is_ambiguous: bool = False


def find_purchase(claim: Claim, side: RemoteSide, rows: Sequence[RemoteService]) -> Evidence:
    """Rule of adoption: held by no service, absent from the snapshot, created no earlier than the day before sending,
    neither unpaid nor deleted, its echoed reference empty or ours. Rows of lists are confirmed by their forms.
    """
    possible = [row for row in rows if not find_objection(claim.operation, side, row)]
    held = set(
        Service.objects.filter(server=side.server, kind=side.service.kind, remote_id__in=[row.id for row in possible])
        .exclude(pk=side.service.pk)
        .values_list("remote_id", flat=True)
    )
    possible = [row for row in possible if row.id not in held]
    if len(possible) > FORMS_READ:
        return Evidence(is_ambiguous=True)
    confirmed = [form for row in possible if (form := _confirm(claim, side, row)) is not None]
    bought = [row for row in confirmed if row.status != ItemStatus.ORDERED]
    marked = [row for row in bought if row.remote_reference == side.reference]
    if len(marked) == 1 or len(bought) == 1:
        return Evidence(adopted=(marked if len(marked) == 1 else bought)[0])
    if bought:
        return Evidence(is_ambiguous=True)
    return Evidence(unpaid=confirmed[0] if confirmed else None)


def find_objection(operation: Operation, side: RemoteSide, row: RemoteService) -> str:
    """What speaks against `row` being what this operation bought, as a msgid; "" if nothing does."""
    sent_at = operation.first_sent_at
    if sent_at is None:
        return gettext_noop("Nothing was sent yet.")
    if row.status == ItemStatus.DELETED:
        return gettext_noop("It is deleted.")
    if row.id in (operation.snapshot or ()):
        return gettext_noop("It was there before this order.")
    if row.created_on is not None and row.created_on < sent_at.date() - timedelta(days=1):
        return gettext_noop("It was made before this order was sent.")
    if row.remote_reference not in ("", side.reference):
        return gettext_noop("It bears the number of another service.")
    if not side.looks_alike(row):
        return gettext_noop("It has another Product ID, name or address.")
    return ""


def _confirm(claim: Claim, side: RemoteSide, row: RemoteService) -> RemoteService | None:
    try:
        form = side.read(row.id)
    except NotFound:
        return None
    return None if find_objection(claim.operation, side, form) else form


def look_for_purchase(claim: Claim, side: RemoteSide, clock: Clock) -> RemoteService | None:
    """One look. The row that is ours (or our unpaid order); None once the operation has been put where it belongs."""
    found = find_purchase(claim, side, side.list_all())
    if found.adopted or found.unpaid:
        return found.adopted or found.unpaid
    now = clock()
    if found.is_ambiguous:
        message = gettext_noop("Several new licenses at the partner could be this one.")
        need_person(claim, now=now, message=message)
    else:
        _none_found(claim, side, now=now)
    return None


def _none_found(claim: Claim, side: RemoteSide, *, now: datetime) -> None:
    operation = claim.operation
    if now >= _counts_from(claim, now=now):
        operation.looks, operation.looked_at = operation.looks + 1, now
    if operation.looks >= settings.NOC_LOOKS:
        _proven_absent(claim, side, now=now)
        return
    check_later(
        claim,
        now=now,
        run_after=next_look_at(claim, now=now),
        message=gettext_noop("Not found at the partner yet; looking again."),
        looks=operation.looks,
        looked_at=operation.looked_at,
    )


def _counts_from(claim: Claim, *, now: datetime) -> datetime:
    """The moment from which "none found" counts again."""
    since: datetime = claim.operation.looked_at or claim.operation.sent_at or now
    return since + settings.NOC_LOOK_INTERVAL


def next_look_at(claim: Claim, *, now: datetime) -> datetime:
    """Soon at first, to find quickly what was bought; then at the moments that count."""
    sent_at = claim.operation.sent_at or now
    counted = max(_counts_from(claim, now=now), now)
    return min([counted, *(sent_at + wait for wait in EARLY_LOOKS if sent_at + wait > now)])


def _proven_absent(claim: Claim, side: RemoteSide, *, now: datetime) -> None:
    """Never arrived: sent again, at most NOC_RESENDS times and if the account allows it; else a person decides."""
    if _has_unexplained_charge(claim, side):
        message = gettext_noop("Not in the partner's lists, but the account was charged for something unknown.")
        need_person(claim, now=now, message=message)
    elif not side.server.may_send_again:
        message = gettext_noop("Not bought: the order never arrived. This account does not order again by itself.")
        need_person(claim, now=now, message=message)
    elif claim.operation.resends >= settings.NOC_RESENDS:
        message = gettext_noop("Not bought, although it was sent %(count)s times.")
        need_person(claim, now=now, message=message, values={"count": str(claim.operation.resends + 1)})
    else:
        message = gettext_noop("The order never arrived at the partner: it is sent again.")
        requeue(
            claim,
            now=now,
            wait=timedelta(0),
            message=message,
            resends=claim.operation.resends + 1,
            sent_at=None,
            sent_attempt=None,
        )


def _has_unexplained_charge(claim: Claim, side: RemoteSide) -> bool:
    """A charge since sending, for a service that no list shows and no service of ours holds."""
    sent_at = claim.operation.first_sent_at
    charges = side.charges()
    if charges is None or sent_at is None:
        return False
    recent = {
        charge.item
        for charge in charges
        if charge.item.isdecimal() and charge.charged_on and charge.charged_on >= sent_at.date() - timedelta(days=1)
    }
    known = side.ids_on_account() if recent else set()
    ours = set(Service.objects.filter(server=side.server, remote_id__in=recent).values_list("remote_id", flat=True))
    return bool(recent - known - ours)
