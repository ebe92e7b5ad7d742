"""One run at a time reads an account whole: a lease on its row, by the database's clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from noc.models import Server

Clock = Callable[[], datetime]

# Longer than the longest list of a slow partner; a run that died lets go after it.
LEASE: Final = timedelta(minutes=15)


class AccountBusy(Exception):
    """Another run reads this account whole right now."""


class LeaseLost(Exception):
    """This run took so long that another one may have begun: it writes nothing any more."""


@dataclass
class AccountLease:
    """The right to bring an account in line, for as long as `extend` is called in time."""

    server: Server
    until: datetime

    def extend(self, *, now: datetime) -> None:
        """Raises LeaseLost if it is another run's by now. Call it in the transaction that writes."""
        until = now + LEASE
        if not Server.objects.filter(pk=self.server.pk, sync_lease_until=self.until).update(sync_lease_until=until):
            raise LeaseLost(str(self.server))
        self.until = until


@contextmanager
def lease_account(*, server_id: int, clock: Clock) -> Iterator[AccountLease]:
    """Holds the account's lease. Raises AccountBusy; Server.DoesNotExist if it was removed."""
    now = clock()
    free = Q(sync_lease_until=None) | Q(sync_lease_until__lte=now)
    if not Server.objects.filter(free, pk=server_id).update(sync_lease_until=now + LEASE):
        server = Server.objects.get(pk=server_id)
        raise AccountBusy(_("%(server)s is being read already.") % {"server": server})
    lease = AccountLease(Server.objects.get(pk=server_id), now + LEASE)
    try:
        yield lease
    finally:
        Server.objects.filter(pk=server_id, sync_lease_until=lease.until).update(sync_lease_until=None)
