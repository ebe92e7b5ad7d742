"""One account brought in line with its lists (L4): a few calls for all that stayed, forms for what did not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from django.conf import settings

from billing.actions.events import record_event
from billing.actions.syncing.comparing import Plan, make_plan
from billing.actions.syncing.lease import AccountLease, lease_account
from billing.actions.syncing.writing import end_gone, queue_auto_renewals, write_forms, write_same
from billing.provisioners.account_reading import AccountReading, FormAnswer, FormReader, read_account
from billing.queries.account_services import OurService, lacking_from_partner, services_on
from billing.queries.clock import business_date
from noc.models import Server

Clock = Callable[[], datetime]

CHUNK: Final = 200  # forms read, then written in one transaction
BATCH: Final = 1000
# So many services do not vanish in a night: rather the account shows us something else. Nothing ends then.
GONE_AT_ONCE: Final = 20
GONE_SHARE: Final = 10  # percent


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one run did. `left_out`: in work meanwhile (rule 8); `left_over`: for the next run."""

    services: int
    forms: int
    changed: int
    gone: int
    auto_renewals: int
    left_out: int
    left_over: int
    # So many are gone that nothing was ended: a person should look at the account.
    too_many_gone: bool = False


@dataclass
class _Tally:
    changed: int = 0
    gone: int = 0
    left_out: int = 0
    left_over: int = 0


def sync_account(*, server_id: int, clock: Clock, actor: str = "") -> SyncReport:
    """Reads every list of the account whole and takes over what differs. Safe to run again, at any time.

    Raises AccountBusy, LeaseLost, Server.DoesNotExist, and AuthFailed or Unavailable if the lists cannot be read.
    """
    with lease_account(server_id=server_id, clock=clock) as lease:
        reading = read_account(lease.server, started_at=clock(), reference=sync_reference(lease.server))
        with FormReader(lease.server, sync_reference(lease.server), budget=settings.NOC_SYNC_FORMS) as forms:
            return sync_with(lease, reading, forms, clock=clock, actor=actor)


def sync_reference(server: Server) -> str:
    """The mark under which the calls of a run are logged."""
    return f"sync:{server.pk}"


def sync_with(
    lease: AccountLease, reading: AccountReading, forms: FormReader, *, clock: Clock, actor: str = ""
) -> SyncReport:
    """The same with lists that were read already."""
    server = lease.server
    services = services_on(server)
    lacking = lacking_from_partner(server, services)
    plan = make_plan(services, reading, lacking=lacking, on=business_date(reading.started_at))
    tally, spent = _Tally(), forms.spent
    auto_renewals = queue_auto_renewals(lease, plan.auto_renewed, since=reading.started_at, now=clock())
    for same in _parts(plan.same, BATCH):
        write_same(lease, same, since=reading.started_at, now=clock())
    gone = _read_forms(lease, plan, reading, forms, tally, clock)
    too_many = len(gone) > max(GONE_AT_ONCE, len(services) * GONE_SHARE // 100)
    if not too_many:
        for part in _parts(gone, CHUNK):
            ended = end_gone(lease, part, since=reading.started_at, now=clock())
            tally.gone += ended
            tally.left_out += len(part) - ended
    report = SyncReport(
        services=len(services),
        forms=forms.spent - spent,
        auto_renewals=auto_renewals,
        too_many_gone=too_many,
        **asdict(tally) | {"left_over": tally.left_over + plan.unknown},
    )
    _finish(lease, report, actor=actor, now=clock())
    return report


def _read_forms(
    lease: AccountLease, plan: Plan, reading: AccountReading, forms: FormReader, tally: _Tally, clock: Clock
) -> list[OurService]:
    """Forms in chunks, each written before the next is read; returns the services that are gone for certain."""
    gone: list[OurService] = []
    for chunk in _parts(plan.forms, CHUNK):
        lease.extend(now=clock())
        answers = forms.read(ours.place for ours in chunk)
        told: list[tuple[OurService, FormAnswer]] = []
        for ours in chunk:
            answer = answers.get(ours.place)
            if answer is None or not answer.tells_something:
                tally.left_over += 1
            elif answer.is_gone:
                gone.append(ours)
            else:
                told.append((ours, answer))
        written = write_forms(lease, told, since=reading.started_at, now=clock())
        tally.changed += written.changed
        tally.left_out += written.left_out
    return gone


def _finish(lease: AccountLease, report: SyncReport, *, actor: str, now: datetime) -> None:
    Server.objects.filter(pk=lease.server.pk).update(synced_at=now)
    record_event("server.synced", now=now, actor=actor, data={"server": lease.server.pk, **asdict(report)})


def _parts[Row](rows: Sequence[Row], size: int) -> Iterator[list[Row]]:
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part
