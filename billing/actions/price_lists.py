"""Keeps the accounts' price lists fresh; an account that does not answer keeps its last one."""

import logging
from datetime import datetime

from django.db import transaction

from billing.actions.events import record_event
from billing.wakeups import wake_price_list
from noc.errors import PartnerError
from noc.models import AccountHealth, PriceListTrouble, Server
from noc.price_lists import note_attempt, refresh_price_list

logger = logging.getLogger(__name__)


def request_price_list(*, server: Server, actor: str, now: datetime) -> None:
    """Asks a worker to read this account's price list now."""
    with transaction.atomic():
        record_event("price_list.requested", now=now, actor=actor, data={"server": server.pk})
        wake_price_list(server.pk)


def refresh_one_price_list(*, server_id: int, now: datetime) -> None:
    """Reads the price list of one account. One that refuses our login is not asked: that could lock it."""
    server = Server.objects.filter(pk=server_id).first()
    if server is None:
        return
    if server.health == AccountHealth.REFUSED:
        note_attempt(server, trouble=PriceListTrouble.REFUSED, now=now)
        return
    try:
        refresh_price_list(server, now=now)
    except PartnerError as error:
        logger.warning("The price list of server %s could not be read: %s", server_id, error)


def refresh_every_price_list(*, now: datetime) -> None:
    """Reads the price lists of all accounts that let us in."""
    for server_id in Server.objects.filter(is_enabled=True).values_list("pk", flat=True):
        refresh_one_price_list(server_id=server_id, now=now)
