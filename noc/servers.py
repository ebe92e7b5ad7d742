"""Partner accounts at work: saving them, reaching them, and what is known of their health."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _

from noc.account import read_balance, test_connection
from noc.call_records import CallRecord
from noc.client import READ_TRIES, Credentials, Deadlines, PartnerClient
from noc.errors import AuthFailed, PartnerError
from noc.hosts import DEFAULT_PATH, HostInvalid, normalize_host
from noc.models import AccountHealth, CallLog, Server
from noc.schemas import Balance

logger = logging.getLogger(__name__)

HOSTNAME_LENGTH = Server._meta.get_field("hostname").max_length or 0
EDITABLE = frozenset(
    {
        "name",
        "module",
        "hostname",
        "username",
        "password",
        "access_hash",
        "assigned_ips",
        "monthly_cost",
        "datacenter",
        "max_accounts",
        "status_url",
        "nameservers",
        "is_enabled",
        "is_default",
        "may_send_again",
        "balance_alert_below",
        "sso_access",
        "sso_roles",
    }
)
# Written, never shown: empty leaves what is stored.
SECRETS = frozenset({"password", "access_hash"})


class ServerInvalid(Exception):
    """A server cannot be saved; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """What *Test connection* found: in words, with the balance where the account may read it."""

    ok: bool
    message: str
    balance: Decimal | None = None
    currency: str = ""


def connect(
    server: Server,
    *,
    reference: str = "",
    is_awaited: bool = False,
    record: Callable[[CallRecord], None] | None = None,
) -> PartnerClient:
    """A client for this account whose calls are logged under `reference`, secrets removed. Close it after use.

    `is_awaited`: a person waits for the answer, so a read is tried once and for NOC_AWAITED_TIMEOUT only.
    `record` takes the calls instead of the log, in a thread that has no database: hand them to `keep_calls`.
    """
    endpoint = normalize_host(server.hostname, plain_http_hosts=settings.NOC_PLAIN_HTTP_HOSTS)
    longest = settings.NOC_AWAITED_TIMEOUT if is_awaited else settings.NOC_READ_TIMEOUT
    return PartnerClient(
        Credentials(url=endpoint.url, username=server.username, password=server.password),
        deadlines=Deadlines(
            connect=min(settings.NOC_CONNECT_TIMEOUT, longest), read=longest, paying=settings.NOC_PAYING_DEADLINE
        ),
        record=record or partial(log_call, server.pk),
        reference=reference,
        tries=1 if is_awaited else READ_TRIES,
    )


def log_call(server_id: int, record: CallRecord) -> None:
    """Keeps one call. A log that cannot be written never hides the outcome of the call itself."""
    try:
        _call_row(server_id, record).save()
    except DatabaseError:
        logger.exception("The record of a %s call could not be kept", record.func)


def keep_calls(server_id: int, records: Iterable[CallRecord]) -> None:
    """Keeps many calls at once."""
    CallLog.objects.bulk_create([_call_row(server_id, record) for record in records], batch_size=200)


def _call_row(server_id: int, record: CallRecord) -> CallLog:
    return CallLog(
        server_id=server_id,
        reference=record.reference,
        func=record.func,
        params=record.params,
        status_code=record.status_code,
        duration_ms=record.duration_ms,
        outcome=record.outcome,
        response=record.response.replace("\x00", ""),
    )


def save_server(*, values: Mapping[str, Any], server: Server | None = None) -> Server:
    """Creates or changes a server: the hostname is brought to shape, a lone server becomes its module's default.

    An empty password or access hash leaves the stored one. Raises ServerInvalid.
    """
    saved = server or Server()
    for name in EDITABLE & set(values):
        if name not in SECRETS or values[name]:
            setattr(saved, name, values[name])
    saved.hostname = _normalized_hostname(saved.hostname)
    if not saved.password:
        raise ServerInvalid({"password": [_("Enter the password of the partner account.")]})
    try:
        with transaction.atomic():
            others = Server.objects.select_for_update().filter(module=saved.module).exclude(pk=saved.pk)
            if saved.is_default:
                others.update(is_default=False)
            elif not others.exists():
                saved.is_default = True
            saved.save()
    except IntegrityError as error:
        raise ServerInvalid(_taken(saved)) from error
    return saved


def test_server(server: Server, *, now: datetime) -> ConnectionTest:
    """Logs in once and says in words what works or what is wrong; remembers health and balance."""
    client = connect(server, reference="test")
    try:
        account = test_connection(client)
    except PartnerError as error:
        note_health(server, health=_health_after(error, server), message=error.message, now=now)
        return ConnectionTest(ok=False, message=error.message)
    finally:
        client.close()
    if server.health != AccountHealth.NO_MONEY or _has_money(account.balance):
        note_health(server, health=AccountHealth.OK, message="", now=now)
    if account.balance is None:
        return ConnectionTest(ok=True, message=_("Connected. The account may not read its balance."))
    note_balance(server, account.balance, now=now)
    return ConnectionTest(
        ok=True, message=_("Connected."), balance=account.balance.amount, currency=account.balance.currency
    )


def ask_balance(server: Server) -> Balance:
    """What the account has now. Asks the partner and writes nothing. Raises the tree of `noc.errors`."""
    with connect(server, reference="balance") as client:
        return read_balance(client)


def note_balance(server: Server, balance: Balance, *, now: datetime) -> None:
    """Remembers what the account has. A currency that the partner leaves out this time stays as it was."""
    server.balance, server.balance_credit, server.balance_read_at = balance.amount, balance.credit, now
    server.balance_currency = balance.currency[:3] or server.balance_currency
    server.save(update_fields=["balance", "balance_credit", "balance_currency", "balance_read_at"])


def can_pay(server: Server) -> bool:
    """False where the account is known to be unable to pay now: refused, out of money, or nothing left."""
    if server.health != AccountHealth.OK:
        return False
    return server.balance is None or server.balance + server.balance_credit > 0


def _has_money(balance: Balance | None) -> bool:
    """An account that may not read its balance is given the benefit of the doubt."""
    return balance is None or balance.amount + balance.credit > 0


def note_health(server: Server, *, health: str, message: str, now: datetime) -> None:
    """Remembers what the partner last said of the account."""
    server.health, server.health_message, server.checked_at = health, message, now
    Server.objects.filter(pk=server.pk).update(health=health, health_message=message, checked_at=now)


def _health_after(error: PartnerError, server: Server) -> str:
    return AccountHealth.REFUSED if isinstance(error, AuthFailed) else server.health


def _normalized_hostname(text: str) -> str:
    """What is stored: the bare host for https and the usual path, else the address as far as it differs."""
    try:
        endpoint = normalize_host(text, plain_http_hosts=settings.NOC_PLAIN_HTTP_HOSTS)
    except HostInvalid as error:
        raise ServerInvalid({"hostname": [str(error)]}) from error
    path = "" if endpoint.path == DEFAULT_PATH else endpoint.path
    address = endpoint.origin.removeprefix("https://") + path
    # A name in other letters grows when it is written in ASCII.
    if len(address) > HOSTNAME_LENGTH:
        raise ServerInvalid({"hostname": [_("This address is too long.")]})
    return address


def _taken(server: Server) -> dict[str, list[str]]:
    if Server.objects.filter(name=server.name).exclude(pk=server.pk).exists():
        return {"name": [_("There is a server with this name already.")]}
    return {"username": [_("This partner account is connected already.")]}
