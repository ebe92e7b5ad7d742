"""A partner account read whole: every list in pages, and many forms with a bounded number of calls in flight."""

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from django.conf import settings

from noc.call_records import CallRecord
from noc.client import PartnerClient
from noc.errors import AuthFailed, NotFound, PartnerError, ProtocolError, Rejected
from noc.kinds import KINDS, get_kind
from noc.models import Server
from noc.schemas import ItemStatus, RemoteService
from noc.servers import connect, keep_calls

# An account that fails so often in a row is down: what is left waits for the next run.
FAILURES_IN_A_ROW = 5

type Place = tuple[str, str]
"""(kind, number at the partner)"""


@dataclass(frozen=True, slots=True)
class AccountReading:
    """All lists of an account as they were at `started_at`; kinds that the account may not list are `closed`."""

    started_at: datetime
    rows: Mapping[Place, RemoteService]
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """What the form of one service answered: the service, or that it is gone for certain, or nothing."""

    place: Place
    remote: RemoteService | None = None
    is_gone: bool = False

    @property
    def tells_something(self) -> bool:
        """False where the form could not be read: nothing may be concluded."""
        return self.is_gone or self.remote is not None


def read_account(server: Server, *, started_at: datetime, reference: str) -> AccountReading:
    """Every kind's list, whole. Raises AuthFailed, Unavailable; a list that is closed to us alone is left out."""
    rows: dict[Place, RemoteService] = {}
    closed: set[str] = set()
    with closing(connect(server, reference=reference)) as client:
        for code, kind in KINDS.items():
            try:
                rows |= {(code, row.id): row for row in kind.list_all(client)}
            except (ProtocolError, Rejected):
                closed.add(code)
            except AuthFailed as error:
                if error.type != "access":
                    raise
                closed.add(code)
    return AccountReading(started_at, rows, frozenset(closed))


@dataclass
class FormReader:
    """Reads forms with NOC_SYNC_CALLS_IN_FLIGHT calls at a time and at most `budget` in all.

    Threads only talk: their calls are put on record by the thread that asks, which alone has the database.
    """

    server: Server
    reference: str
    budget: int
    spent: int = 0
    is_down: bool = False
    _kept: dict[Place, FormAnswer] = field(default_factory=dict)
    _failures: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _local: threading.local = field(default_factory=threading.local)
    _clients: list[PartnerClient] = field(default_factory=list)
    _calls: list[CallRecord] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(max_workers=settings.NOC_SYNC_CALLS_IN_FLIGHT, thread_name_prefix="forms")
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        for client in self._clients:
            client.close()

    def read(self, places: Iterable[Place], *, keep: bool = False) -> dict[Place, FormAnswer]:
        """The forms of these services, as far as budget and partner allow. `keep`: asked again, they are not read."""
        wanted = list(places)
        answers = {place: self._kept[place] for place in wanted if place in self._kept}
        unread = [place for place in wanted if place not in answers][: max(self.budget - self.spent, 0)]
        self.spent += len(unread)
        fresh = {answer.place: answer for answer in self._pool.map(self._read_one, unread)}
        if keep:
            self._kept |= {place: answer for place, answer in fresh.items() if answer.tells_something}
        # No thread is talking any more: the list is emptied, not replaced, for their clients hold it.
        keep_calls(self.server.pk, self._calls)
        self._calls.clear()
        return answers | fresh

    def _read_one(self, place: Place) -> FormAnswer:
        if self.is_down:
            return FormAnswer(place)
        kind, remote_id = place
        try:
            remote = get_kind(kind).read(self._client(), remote_id)
        except NotFound:
            self._note(is_failure=False)
            return FormAnswer(place, is_gone=True)
        except PartnerError as error:
            self._note(is_failure=True, is_final=isinstance(error, AuthFailed))
            return FormAnswer(place)
        self._note(is_failure=False)
        if remote.status == ItemStatus.DELETED:
            return FormAnswer(place, is_gone=True)
        return FormAnswer(place, remote=remote)

    def _note(self, *, is_failure: bool, is_final: bool = False) -> None:
        with self._lock:
            self._failures = self._failures + 1 if is_failure else 0
            self.is_down = self.is_down or is_final or self._failures >= FAILURES_IN_A_ROW

    def _client(self) -> PartnerClient:
        """A client belongs to one thread."""
        client: PartnerClient | None = getattr(self._local, "client", None)
        if client is None:
            client = connect(self.server, reference=self.reference, record=self._calls.append)
            self._local.client = client
            with self._lock:
                self._clients.append(client)
        return client
