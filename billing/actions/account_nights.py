"""When accounts are read whole: once a business day, at night; what was missed is made up for later the same day."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from billing.actions.events import record_event
from billing.actions.reconciliation import tend_account
from billing.actions.syncing import AccountBusy, LeaseLost
from billing.queries.clock import business_date
from billing.wakeups import wake_account_sync
from noc.errors import AuthFailed, PartnerError
from noc.models import AccountHealth, Server
from noc.servers import note_health

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

FIRST_HOUR: Final = 2  # in the business time zone


def wake_due_accounts(*, now: datetime) -> int:
    """Asks workers to read every enabled account that was not read today; from FIRST_HOUR on. Returns how many."""
    if timezone.localtime(now).hour < FIRST_HOUR:
        return 0
    today = business_date(now)
    accounts = Server.objects.filter(is_enabled=True).exclude(health=AccountHealth.REFUSED).order_by("id")
    due = [pk for pk, at in accounts.values_list("pk", "synced_at") if at is None or business_date(at) < today]
    for server_id in due:
        wake_account_sync(server_id)
    return len(due)


def tend_one_account(*, server_id: int, clock: Clock) -> None:
    """Reconciles and syncs one account. One that does not answer, or is being read already, waits for the next time."""
    server = Server.objects.filter(pk=server_id).exclude(health=AccountHealth.REFUSED).first()
    if server is None:
        return
    try:
        tend_account(server_id=server_id, clock=clock)
    except AuthFailed as error:
        note_health(server, health=AccountHealth.REFUSED, message=error.message, now=clock())
    except (PartnerError, AccountBusy, LeaseLost) as error:
        logger.warning("Server %s could not be read whole: %s", server_id, error)


def ask_for_sync(*, server: Server, actor: str, now: datetime) -> None:
    """An operator wants the account read now: a worker does it."""
    with transaction.atomic():
        record_event("server.sync_asked", now=now, actor=actor, data={"server": server.pk})
        wake_account_sync(server.pk)
