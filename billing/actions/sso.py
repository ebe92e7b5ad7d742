"""Single sign-on to a partner account (S6)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.models import StaffRole
from noc.errors import AuthFailed, PartnerError
from noc.models import Server, SsoAccess
from noc.servers import connect
from noc.sso import Ticket, client_area, make_ticket

STAFF_ROLES: Final = frozenset(StaffRole.values)


class SignOnNotAllowed(Exception):
    """This role may not log in to this account."""


@dataclass(frozen=True, slots=True)
class SignOn:
    """Where the click leads: `ticket` logs in at once; without it `message` says why, and the person logs in there."""

    area_url: str
    ticket: Ticket | None = None
    message: str = ""


def may_sign_on(role: str, server: Server) -> bool:
    """Whether staff of `role` may log in to the account with one click.

    As guide B has it: *Unrestricted* means all staff, *Restricted* the chosen roles and nobody else, full
    administrators included. Being allowed to manage servers is neither needed nor enough: that decides who changes
    the login data, this decides who uses them. Staff without a role never may.
    """
    if role not in STAFF_ROLES:
        return False
    return server.sso_access == SsoAccess.UNRESTRICTED or role in server.sso_roles


def sign_on(*, server: Server, role: str, actor: str, now: datetime) -> SignOn:
    """Asks the partner for a one-time key, outside any transaction, and notes who asked. The key is only returned.

    A partner that gives none is no error: the answer says why and leads to the login page. Raises SignOnNotAllowed.
    """
    if not may_sign_on(role, server):
        raise SignOnNotAllowed(_("Your role may not log in to this partner account."))
    area = client_area(server)
    ticket, message = None, ""
    try:
        with connect(server, reference="sso") as client:
            ticket = make_ticket(client, area)
    except AuthFailed as error:
        is_closed = error.type == "access"
        message = _("The partner does not let this account log in with one click.") if is_closed else error.message
    except PartnerError as error:
        message = error.message
    record_event("server.sso", now=now, actor=actor, data={"server": server.pk, "ok": ticket is not None})
    return SignOn(area.url, ticket, message)
