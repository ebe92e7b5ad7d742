"""A run: both sides of one account read, judged and put on record; at night before ours is brought in line."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from billing.actions.reconciliation.judging import judge
from billing.actions.reconciliation.scene import set_scene
from billing.actions.reconciliation.storing import store_findings
from billing.actions.syncing import AccountLease, SyncReport, lease_account, sync_with
from billing.provisioners.account_reading import AccountReading, FormReader, read_account

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class ReconcileReport:
    """What one run found: disagreements by sort, those seen for the first time, those no longer there."""

    services: int
    rows: int
    found: Mapping[str, int]
    opened: int
    gone: int

    @property
    def total(self) -> int:
        """How many disagreements there are."""
        return sum(self.found.values())


@dataclass(frozen=True, slots=True)
class TendReport:
    """Both halves of a night."""

    reconciled: ReconcileReport
    synced: SyncReport


def reconcile(*, server_id: int, clock: Clock, actor: str = "") -> ReconcileReport:
    """Compares one account with ours; writes findings and changes nothing else. Safe to run at any time.

    Raises AccountBusy, LeaseLost, Server.DoesNotExist, and AuthFailed or Unavailable if the lists cannot be read.
    """
    with lease_account(server_id=server_id, clock=clock) as lease:
        reading = read_account(lease.server, started_at=clock(), reference=f"reconcile:{server_id}")
        with FormReader(lease.server, f"reconcile:{server_id}", budget=settings.NOC_SYNC_FORMS) as forms:
            return _reconcile_with(lease, reading, forms, clock=clock, actor=actor)


def tend_account(*, server_id: int, clock: Clock, actor: str = "") -> TendReport:
    """Reads the account once: first what disagrees is put on record, then ours follows the partner.

    Raises what `reconcile` raises.
    """
    with lease_account(server_id=server_id, clock=clock) as lease:
        reading = read_account(lease.server, started_at=clock(), reference=f"sync:{server_id}")
        with FormReader(lease.server, f"sync:{server_id}", budget=settings.NOC_SYNC_FORMS) as forms:
            reconciled = _reconcile_with(lease, reading, forms, clock=clock, actor=actor)
            return TendReport(reconciled, sync_with(lease, reading, forms, clock=clock, actor=actor))


def _reconcile_with(
    lease: AccountLease, reading: AccountReading, forms: FormReader, *, clock: Clock, actor: str
) -> ReconcileReport:
    scene = set_scene(lease.server, reading, forms)
    found = judge(scene)
    now = clock()
    lease.extend(now=now)
    opened, gone = store_findings(scene, found, actor=actor, now=now)
    return ReconcileReport(
        services=len(scene.services),
        rows=len(reading.rows),
        found=dict(sorted(Counter(one.sort.value for one in found).items())),
        opened=opened,
        gone=gone,
    )
