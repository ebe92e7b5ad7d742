"""Findings as rows: the same disagreement is one row, however often it is seen."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import batched
from typing import Any, Final

from django.db import transaction

from billing.actions.events import record_event
from billing.actions.reconciliation.scene import Scene
from billing.actions.reconciliation.seen import Seen
from billing.models import Finding, FindingStatus

BATCH: Final = 500
HELD: Final = (FindingStatus.OPEN, FindingStatus.IGNORED)


def store_findings(scene: Scene, found: Sequence[Seen], *, actor: str, now: datetime) -> tuple[int, int]:
    """New ones opened, known ones marked as seen, those no longer seen GONE; (opened, gone).

    What could not be judged this time stays as it is.
    """
    server = scene.server
    seen = {one.fingerprint(server.pk): one for one in found}
    with transaction.atomic():
        held = Finding.objects.select_for_update().filter(server=server, status__in=HELD).order_by("pk")
        known = {row.fingerprint: row for row in held}
        new = [_row(scene, fingerprint, one, now) for fingerprint, one in seen.items() if fingerprint not in known]
        # Another run may have written the same a moment ago: one row is enough.
        Finding.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)
        _update((row.pk for fingerprint, row in known.items() if fingerprint in seen), last_seen_at=now)
        gone = [row.pk for fingerprint, row in known.items() if fingerprint not in seen and _was_judged(scene, row)]
        _update(gone, status=FindingStatus.GONE, closed_at=now)
        data = {"server": server.pk, "found": len(seen), "opened": len(new), "gone": len(gone)}
        record_event("server.reconciled", now=now, actor=actor, data=data)
    return len(new), len(gone)


def _row(scene: Scene, fingerprint: str, seen: Seen, now: datetime) -> Finding:
    return Finding(
        sort=seen.sort,
        server=scene.server,
        service_id=seen.service_id,
        kind=seen.kind,
        remote_id=seen.remote_id,
        details=dict(seen.details),
        fingerprint=fingerprint,
        first_seen_at=now,
        last_seen_at=now,
    )


def _update(ids: Iterable[int], **values: Any) -> None:
    for batch in batched(ids, BATCH):
        Finding.objects.filter(pk__in=batch).update(**values)


def _was_judged(scene: Scene, row: Finding) -> bool:
    """Whether this run looked at what the finding is about, and so knows that it is no longer so."""
    place = (row.kind, row.remote_id)
    is_in_work = row.service_id in scene.moving or place in scene.moving_places
    return not is_in_work and place not in scene.unjudged and row.kind not in scene.reading.closed
