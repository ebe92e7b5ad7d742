"""Rows of the partner that no service holds, and licenses of the pool: who pays for them?"""

from collections.abc import Iterator

from billing.actions.reconciliation.scene import Scene
from billing.actions.reconciliation.seen import Seen
from billing.models import FindingSort, PooledLicense, PoolState
from billing.provisioners.account_reading import Place
from noc.kinds import get_kind
from noc.kinds.base import shown_values
from noc.kinds.fields import normalize_value
from noc.kinds.license import FREE_NAME, NO_ADDRESS
from noc.schemas import ItemStatus, RemoteService


def judge_rows(scene: Scene) -> Iterator[Seen]:
    """What the partner has and no service of ours holds. What an open purchase may have bought is left to it."""
    doubles = _signatures(scene)
    for place, row in scene.reading.rows.items():
        if place in scene.holders or row.status == ItemStatus.DELETED or _is_pooled(scene, place):
            continue
        if place in scene.moving_places or any(purchase.may_be(row) for purchase in scene.purchases):
            scene.unjudged.add(place)
            continue
        yield _judge_row(scene, row, doubles)


def _judge_row(scene: Scene, row: RemoteService, doubles: dict[tuple[str, ...], int]) -> Seen:
    details = _describe(scene, row)
    if row.status == ItemStatus.ORDERED:
        return Seen(FindingSort.UNPAID_ITEM, row.kind, row.id, details=details)
    if _is_free(row):
        return Seen(FindingSort.POOL_DRIFT, row.kind, row.id, details={**details, "theirs": FREE_NAME})
    twin = _owner_by_reference(scene, row) or doubles.get(_signature(row) or ())
    if twin is not None:
        return Seen(FindingSort.DOUBLE, row.kind, row.id, twin, {**details, "ours": scene.by_id[twin].remote_id})
    return Seen(FindingSort.ORPHAN, row.kind, row.id, details=details)


def _describe(scene: Scene, row: RemoteService) -> dict[str, str]:
    cost = scene.cost_of(row.tariff_id, row.period)
    former = scene.former.get((row.kind, row.id))
    details = {
        "name": row.name,
        "ip": row.ip,
        "item": row.item,
        "tariff": row.tariff_id or row.tariff_name,
        "until": str(row.expires_on or ""),
        "former": str(former or ""),
        "stake": f"{cost.amount:f}" if cost else "",
        "currency": cost.currency if cost else "",
    }
    return {name: text for name, text in details.items() if text}


def _owner_by_reference(scene: Scene, row: RemoteService) -> int | None:
    """The service that this was bought for, where the partner repeats our number and the service holds another row."""
    number = row.remote_reference
    owner = scene.by_id.get(int(number)) if number.isdecimal() and len(number) < 19 else None
    return owner.id if owner is not None and owner.kind == row.kind else None


def _signatures(scene: Scene) -> dict[tuple[str, ...], int]:
    """What tells live rows that are ours from others → their service."""
    found: dict[tuple[str, ...], int] = {}
    for ours in scene.services:
        row = scene.remote_of(ours)
        signature = _signature(row) if row is not None and row.status != ItemStatus.ORDERED else None
        if signature is not None:
            found.setdefault(signature, ours.id)
    return found


def _signature(row: RemoteService) -> tuple[str, ...] | None:
    """Two rows with one signature are the same purchase; None where the row shows too little to say so."""
    kind, shown = get_kind(row.kind), shown_values(row)
    values = []
    for spec in kind.fields_for(row.tariff_id, row.tariff_name):
        if spec.key not in kind.key_fields:
            continue
        value = normalize_value(shown.get(spec.key, ""))
        if spec.is_required and value in ("", NO_ADDRESS):
            return None
        values.append(value)
    return (row.kind, row.tariff_id, *values) if any(values) else None


def _is_free(row: RemoteService) -> bool:
    return row.kind == "license" and row.name == FREE_NAME and row.ip in ("", NO_ADDRESS)


def _is_pooled(scene: Scene, place: Place) -> bool:
    return place[0] == "license" and place[1] in scene.pool


def judge_pool(scene: Scene) -> Iterator[Seen]:
    """Licenses that wait in the pool: there, nameless, stopped being anybody's. Those being taken are in work."""
    for number, pooled in scene.pool.items():
        place = ("license", number)
        if "license" in scene.reading.closed or place in scene.moving_places or pooled.state == PoolState.TAKEN:
            scene.unjudged.add(place)
            continue
        if pooled.changed_at >= scene.reading.started_at:
            scene.unjudged.add(place)
            continue
        row = scene.reading.rows.get(place)
        if row is None:
            answer = scene.forms.get(place)
            if answer is None or not answer.tells_something:
                scene.unjudged.add(place)
                continue
            row = answer.remote
        theirs = _pool_fault(scene, place, pooled, row)
        if theirs:
            details = _describe(scene, row) if row is not None else {}
            yield Seen(FindingSort.POOL_DRIFT, "license", number, details={**details, "ours": FREE_NAME, **theirs})


def _pool_fault(scene: Scene, place: Place, pooled: PooledLicense, row: RemoteService | None) -> dict[str, str]:
    """What is wrong with a license of the pool, {} if nothing."""
    if row is None or row.status == ItemStatus.DELETED:
        return {"theirs": ItemStatus.DELETED.name}
    if place in scene.holders:
        return {"theirs": f"#{scene.holders[place].id}"}
    if row.tariff_id and row.tariff_id != pooled.tariff_id:
        return {"ours": pooled.tariff_id, "theirs": row.tariff_id}
    if not _is_free(row):
        return {"theirs": ", ".join(filter(None, (row.name, row.ip)))}
    return {"theirs": "autoprolong"} if row.auto_renewal else {}
