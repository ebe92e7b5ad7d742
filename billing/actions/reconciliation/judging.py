"""Services of ours against what the partner shows of them: a scene in, disagreements out.

Each is told once: what is not covered is not told again as another date.
"""

from collections.abc import Iterator
from datetime import date

from django.conf import settings

from billing.actions.lifecycle import status_from
from billing.actions.reconciliation.rows import judge_pool, judge_rows
from billing.actions.reconciliation.scene import Scene, period_of
from billing.actions.reconciliation.seen import Seen
from billing.actions.syncing.comparing import addresses
from billing.models import LIVE_STATUSES, FindingSort, ServiceStatus
from billing.queries.account_services import OurService
from billing.queries.nodes import NodeCounts
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS
from noc.kinds import get_kind
from noc.schemas import ItemStatus, RemoteService


def judge(scene: Scene) -> list[Seen]:
    """Every disagreement of the account."""
    return [*judge_services(scene), *judge_rows(scene), *judge_pool(scene)]


def judge_services(scene: Scene) -> Iterator[Seen]:
    """What is ours; a service in work is left out."""
    for ours in scene.resting():
        remote = scene.remote_of(ours)
        if remote is None:
            answer = scene.forms.get(ours.place)
            if answer is None or not answer.tells_something:
                scene.unjudged.add(ours.place)
                continue
            remote = answer.remote
        if remote is None:
            yield _about(ours, FindingSort.GHOST, ours=ours.status, **_sold(ours))
        else:
            yield from _compare(scene, ours, remote)


def _compare(scene: Scene, ours: OurService, remote: RemoteService) -> Iterator[Seen]:
    for found in (
        _status(ours, remote),
        _dates(ours, remote),
        _tariff(ours, remote),
        _address(ours, remote),
        _nodes(scene, ours, remote),
        _auto_renewal(scene, ours, remote),
        _price(scene, ours),
    ):
        if found is not None:
            yield found


def _status(ours: OurService, remote: RemoteService) -> Seen | None:
    if remote.status == ItemStatus.ORDERED:
        return _about(ours, FindingSort.STATUS_DRIFT, ours=ours.status, theirs=remote.status.name)
    # A certificate is there before it is issued.
    is_awaited = ours.kind == "certificate" and ours.status == ServiceStatus.PENDING
    theirs = status_from(remote)
    if theirs is None or theirs == ours.status or is_awaited:
        return None
    return _about(ours, FindingSort.STATUS_DRIFT, ours=ours.status, theirs=theirs.value)


def _dates(ours: OurService, remote: RemoteService) -> Seen | None:
    if remote.expires_on is None or remote.status == ItemStatus.PROCESSING:
        return None
    if _is_uncovered(ours, remote.expires_on):
        values = {"ours": str(ours.paid_until), "theirs": str(remote.expires_on)}
        return _about(ours, FindingSort.NOT_COVERED, **values, **_sold(ours))
    if remote.expires_on == ours.expires_on:
        return None
    known = str(ours.expires_on) if ours.expires_on else ""
    return _about(ours, FindingSort.DATE_DRIFT, ours=known, theirs=str(remote.expires_on))


def _is_uncovered(ours: OurService, expires_on: date) -> bool:
    """Rule 1; a renewal that is under way has left the service out already."""
    if ours.paid_until is None or ours.status not in LIVE_STATUSES or Cycle(ours.cycle) not in CYCLE_MONTHS:
        return False
    return get_kind(ours.kind).is_renewable(ours.tariff_id) and (
        ours.paid_until > expires_on + settings.RENEWAL_TOLERANCE
    )


def _tariff(ours: OurService, remote: RemoteService) -> Seen | None:
    if not remote.tariff_id or remote.tariff_id == ours.tariff_id:
        return None
    return _about(ours, FindingSort.TARIFF_DRIFT, ours=ours.tariff_id, theirs=remote.tariff_id)


def _address(ours: OurService, remote: RemoteService) -> Seen | None:
    differing = {key: pair for key, pair in addresses(ours, remote).items() if pair[0] != pair[1]}
    if not differing:
        return None
    held, shown = (", ".join(pair[side] for pair in differing.values()) for side in (0, 1))
    return _about(ours, FindingSort.ADDRESS_DRIFT, ours=held, theirs=shown)


def _nodes(scene: Scene, ours: OurService, remote: RemoteService) -> Seen | None:
    if ours.id not in scene.nodes:
        return None
    base, sent = scene.nodes[ours.id]
    addon = get_kind(ours.kind).node_addon(ours.tariff_id)
    answer = scene.forms.get(ours.place)
    form = answer.remote if answer is not None and answer.remote is not None else remote
    shown = {**ours.remote_addons, **form.addons}.get(addon)
    counts = NodeCounts(ordered=(sent or base) - base, sent=sent, shown=shown, base=base)
    if counts.agrees is not False:
        return None
    return _about(ours, FindingSort.NODES_DRIFT, ours=str(sent or base), theirs=str(shown))


def _auto_renewal(scene: Scene, ours: OurService, remote: RemoteService) -> Seen | None:
    if not remote.auto_renewal:
        return None
    cost = scene.cost_of(ours.tariff_id, period_of(ours))
    stake = {"stake": str(cost.amount), "currency": cost.currency} if cost else {}
    return _about(ours, FindingSort.AUTO_RENEWAL, theirs="on", **stake)


def _price(scene: Scene, ours: OurService) -> Seen | None:
    """Only where both are in one currency; what is given away is meant to be."""
    cost = scene.cost_of(ours.tariff_id, period_of(ours))
    if cost is None or cost.currency != ours.currency or not ours.amount or ours.amount >= cost.amount:
        return None
    values = {"ours": f"{ours.amount:f}", "theirs": f"{cost.amount:f}", "currency": cost.currency}
    return _about(ours, FindingSort.PRICE_DRIFT, **values, stake=f"{cost.amount - ours.amount:f}")


def _sold(ours: OurService) -> dict[str, str]:
    return {"stake": f"{ours.amount:f}", "currency": ours.currency}


def _about(service: OurService, sort: FindingSort, /, **details: str) -> Seen:
    return Seen(sort, service.kind, service.remote_id, service.id, details)
