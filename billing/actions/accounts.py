"""Partner accounts: saving and testing them lets go what waited for them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.actions.balances import judge_alert, probe_money
from billing.actions.events import record_event
from billing.actions.queueing import release_held
from billing.models import HoldReason, StaffRole
from billing.wakeups import wake_price_list
from noc.models import AccountHealth, Server, ServerGroup, SsoAccess
from noc.servers import SECRETS, ConnectionTest, ServerInvalid, note_health, save_server, test_server

ACCOUNT_REASONS = (HoldReason.ACCOUNT_REFUSED, HoldReason.NO_MONEY)


class ServerGroupInvalid(Exception):
    """A group of servers cannot be saved; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def save_account(*, values: Mapping[str, Any], actor: str, now: datetime, server: Server | None = None) -> Server:
    """Creates or changes a server. New login data are trusted again; an enabled server lets its operations go.

    Raises noc.servers.ServerInvalid.
    """
    _check_sign_on(values, server)
    with transaction.atomic():
        saved = save_server(values=values, server=server)
        if values.get("password") or {"hostname", "username"} & set(values):
            note_health(saved, health=AccountHealth.OK, message="", now=now)
        if saved.is_enabled:
            reasons = (HoldReason.SERVER_DISABLED, *(ACCOUNT_REASONS if saved.health == AccountHealth.OK else ()))
            release_held(now=now, reasons=reasons, server_id=saved.pk)
        changed = sorted(name for name in values if name not in SECRETS)
        name = "server.changed" if server else "server.added"
        record_event(name, now=now, actor=actor, data={"server": saved.pk, "fields": changed})
        wake_price_list(saved.pk)
    return saved


def _check_sign_on(values: Mapping[str, Any], server: Server | None) -> None:
    """Restricted to nobody would be a mistake: then the button is of no use."""
    access = values.get("sso_access", server.sso_access if server else SsoAccess.UNRESTRICTED)
    roles = values.get("sso_roles", server.sso_roles if server else [])
    if set(roles) - set(StaffRole.values):
        raise ServerInvalid({"sso_roles": [_("There is no such staff role.")]})
    if access == SsoAccess.RESTRICTED and not roles:
        raise ServerInvalid({"sso_roles": [_("Choose the roles that may sign on, or leave it unrestricted.")]})


def save_server_group(
    *,
    values: Mapping[str, Any],
    actor: str,
    now: datetime,
    servers: Collection[Server] | None = None,
    group: ServerGroup | None = None,
) -> ServerGroup:
    """Creates or changes a group (`name`, `fill_type`, `prefers_balance`); `servers`, where given, replace its members.

    Raises ServerGroupInvalid for a name that is taken.
    """
    saved = group or ServerGroup()
    for name in ("name", "fill_type", "prefers_balance"):
        if name in values:
            setattr(saved, name, values[name])
    try:
        with transaction.atomic():
            saved.save()
            if servers is not None:
                saved.servers.set(servers)
            name = "server_group.changed" if group else "server_group.added"
            record_event(name, now=now, actor=actor, data={"group": saved.pk})
    except IntegrityError as error:
        raise ServerGroupInvalid({"name": [_("There is a group with this name already.")]}) from error
    return saved


def test_account(*, server: Server, actor: str, now: datetime) -> ConnectionTest:
    """*Test connection*: talks to the partner, and lets go what waited for this account if it works."""
    result = test_server(server, now=now)
    with transaction.atomic():
        if result.ok:
            release_held(now=now, reasons=ACCOUNT_REASONS, server_id=server.pk)
            judge_alert(server=server, now=now)
        record_event("server.tested", now=now, actor=actor, data={"server": server.pk, "ok": result.ok})
    return result


def probe_held_accounts(*, now: datetime) -> int:
    """Asks accounts that refused us or ran out of money whether they are well again; returns how many are."""
    refusing = Server.objects.filter(is_enabled=True, health=AccountHealth.REFUSED)
    # Disabled ones too: what they hold still renews.
    penniless = list(Server.objects.filter(health=AccountHealth.NO_MONEY))
    well = sum(test_account(server=server, actor="", now=now).ok for server in refusing)
    return well + sum(probe_money(server=server, now=now) for server in penniless)
