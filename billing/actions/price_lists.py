"""Keeps the accounts' price lists fresh; an account that does not answer keeps its last one."""

import logging
from datetime import datetime

from noc.errors import PartnerError
from noc.models import AccountHealth, Server
from noc.price_lists import refresh_price_list

logger = logging.getLogger(__name__)


def refresh_one_price_list(*, server_id: int, now: datetime) -> None:
    """Reads the price list of one account."""
    server = Server.objects.filter(pk=server_id).exclude(health=AccountHealth.REFUSED).first()
    if server is None:
        return
    try:
        refresh_price_list(server, now=now)
    except PartnerError as error:
        logger.warning("The price list of server %s could not be read: %s", server_id, error)


def refresh_every_price_list(*, now: datetime) -> None:
    """Reads the price lists of all accounts that let us in."""
    for server_id in Server.objects.filter(is_enabled=True).values_list("pk", flat=True):
        refresh_one_price_list(server_id=server_id, now=now)
