"""What at the partner could be what an operation bought: read when a person asks, judged by the worker's rules."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from billing.actions.provisioning.looking import find_objection
from billing.actions.provisioning.renewing import end_before
from billing.models import Operation, Service
from billing.provisioners.ispmanager_noc import RemoteSide, open_remote_side
from billing.queries.pool import pooled_ids
from noc.errors import NotFound
from noc.schemas import ItemStatus, RemoteService

MOST: Final = 50
FORMS_READ: Final = 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row at the partner. `objection`: why it would not be taken by itself, in words, "" if it fits.

    `holder` is the service of ours that has this number, live or ended. `can_be_adopted`: a person may insist.
    """

    remote: RemoteService
    objection: str
    holder: Service | None
    can_be_adopted: bool


@dataclass(frozen=True, slots=True)
class RenewalDates:
    """The end date at the partner before a renewal was sent, and as it is now; `is_processing`: it may still move."""

    before: date | None
    now: date | None
    is_processing: bool


def look_for_candidates(operation: Operation) -> list[Candidate]:
    """The look-alikes, those that fit first, then the newest; at most `MOST`. Nothing is sent.

    Raises the tree of noc.errors; ValueError without an account to look at.
    """
    with _open(operation) as side:
        rows = [row for row in side.list_all() if _is_of_interest(operation, side, row)]
        listed = judge(operation, side, rows)
        found = [*_confirm(operation, side, listed), *(one for one in listed if one.objection)]
    return sorted(found, key=lambda one: (bool(one.objection), -int(one.remote.id or 0)))[:MOST]


def read_candidate(operation: Operation, remote_id: str) -> Candidate | None:
    """One by its number, read from its form; None where the partner does not have it. Raises as above."""
    with _open(operation) as side:
        try:
            remote = side.read(remote_id)
        except NotFound:
            return None
        return next(iter(judge(operation, side, [remote])))


def read_end_dates(operation: Operation) -> RenewalDates:
    """Whether a renewal has moved the end date. Raises as above; NotFound where the service is gone."""
    with _open(operation) as side:
        remote = side.read(operation.service.remote_id)
    return RenewalDates(end_before(operation), remote.expires_on, remote.status == ItemStatus.PROCESSING)


def _confirm(operation: Operation, side: RemoteSide, listed: list[Candidate]) -> list[Candidate]:
    """Lists may show less than forms: what fits by the list is judged once more by its form."""
    fitting = [one for one in listed if not one.objection]
    forms = []
    for one in fitting[:FORMS_READ]:
        with suppress(NotFound):
            forms.append(side.read(one.remote.id))
    return [*judge(operation, side, forms), *fitting[FORMS_READ:]]


def judge(operation: Operation, side: RemoteSide, rows: Iterable[RemoteService]) -> list[Candidate]:
    """What the rules say of each row; two queries."""
    rows = list(rows)
    held = Service.objects.filter(server=side.server, kind=side.service.kind, remote_id__in=[row.id for row in rows])
    holders = {one.remote_id: one for one in held.exclude(pk=side.service.pk).select_related("product").order_by("id")}
    pooled = pooled_ids(side.server)
    return [_judge(operation, side, row, holders.get(row.id), is_pooled=row.id in pooled) for row in rows]


def _open(operation: Operation) -> AbstractContextManager[RemoteSide]:
    if operation.server is None:
        raise ValueError("There is no account to look at.")
    reference = f"operation:{operation.pk}/candidates"
    return open_remote_side(operation.service, operation.server, reference=reference, is_awaited=True)


def _is_of_interest(operation: Operation, side: RemoteSide, row: RemoteService) -> bool:
    is_named = row.id == operation.remote_id or row.remote_reference == side.reference
    return is_named or side.looks_alike(row)


def _judge(
    operation: Operation, side: RemoteSide, row: RemoteService, holder: Service | None, *, is_pooled: bool
) -> Candidate:
    if is_pooled:
        return Candidate(row, _("It is kept in the pool for a later order."), holder, False)
    if row.status == ItemStatus.DELETED:
        return Candidate(row, _("It is deleted."), holder, False)
    if holder is not None:
        had, has = _("Service %(number)s had it and has ended."), _("Service %(number)s has it.")
        words = had if holder.is_ended else has
        return Candidate(row, words % {"number": holder.pk}, holder, holder.is_ended)
    if row.status == ItemStatus.ORDERED:
        return Candidate(row, _("It is ordered and not paid: nothing was bought."), None, False)
    objection = find_objection(operation, side, row)
    return Candidate(row, _(objection) if objection else "", None, True)
