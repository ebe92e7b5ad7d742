"""The money of partner accounts (S7): read by schedule, a letter before it ends, purchases let go once it is back."""

import logging
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from billing.actions.events import record_event
from billing.actions.notifications import notify_operators
from billing.actions.queueing import release_held, release_operation
from billing.models import HoldReason, Operation, OperationStatus
from billing.queries.balances import Forecast, forecasts, funds_of, held_for_money, known_cost, refusal_mark
from billing.queries.clock import business_date
from catalog.money import round_money
from noc.errors import AuthFailed, PartnerError
from noc.models import AccountHealth, Server
from noc.schemas import Balance
from noc.servers import ask_balance, note_balance, note_health

logger = logging.getLogger(__name__)


def read_every_balance(*, now: datetime) -> None:
    """Reads the balance of all accounts that let us in; disabled ones too, since what they hold still renews."""
    for server in Server.objects.exclude(health=AccountHealth.REFUSED):
        read_account_balance(server=server, now=now)


def read_account_balance(*, server: Server, now: datetime) -> bool:
    """Asks the partner what the account has and draws the conclusions; whether it showed a balance.

    No answer and no right to look change nothing that is known; a refused login is remembered.
    """
    try:
        balance = ask_balance(server)
    except PartnerError as error:
        if isinstance(error, AuthFailed) and error.type != "access":
            note_health(server, health=AccountHealth.REFUSED, message=error.message, now=now)
        logger.info("The balance of server %s could not be read: %s", server.pk, error)
        return False
    take_reading(server_id=server.pk, balance=balance, now=now)
    return True


def take_reading(*, server_id: int, balance: Balance, now: datetime) -> None:
    """Keeps a balance, lets purchases go if it shows that there is money again, warns if it will not last.

    A reading older than the one that is kept changes nothing. Server.DoesNotExist if the account was removed.
    """
    with transaction.atomic():
        server = Server.objects.select_for_update().get(pk=server_id)
        if server.balance_read_at is not None and server.balance_read_at > now:
            return
        before = funds_of(server)
        note_balance(server, balance, now=now)
        if server.health == AccountHealth.NO_MONEY and _money_came(server, before=before):
            let_account_go(server=server, now=now)
        judge_alert(server=server, now=now)


def _money_came(server: Server, *, before: Decimal | None) -> bool:
    """Whether an account that was refused for money has it now.

    Where the price of what waits longest is known, the money has to cover it. An unchanged balance is not believed
    even then: it was refused as it is, perhaps for a tax that no price list shows.
    """
    after, waiting = funds_of(server), held_for_money(server)
    if after is None or after == before:
        return False
    cost = known_cost(waiting) if waiting is not None else None
    if cost is not None:
        return after >= cost
    return before is not None and after > before


def let_account_go(*, server: Server, now: datetime) -> int:
    """The account is well again: all that waited for its money goes on. Returns how many operations."""
    note_health(server, health=AccountHealth.OK, message="", now=now)
    return release_held(now=now, reasons=(HoldReason.NO_MONEY,), server_id=server.pk)


def probe_money(*, server: Server, now: datetime) -> bool:
    """Whether an account that was out of money is well again.

    The balance decides where it can be read. Else, and where it does not explain the refusal, one of the operations
    on hold is tried after NOC_MONEY_PROBE_INTERVAL: one, not all, so that a refusal costs one call and one letter.
    """
    read_account_balance(server=server, now=now)
    with transaction.atomic():
        locked = Server.objects.select_for_update().get(pk=server.pk)
        if locked.health != AccountHealth.NO_MONEY:
            return locked.health == AccountHealth.OK
        tried = Operation.objects.filter(server=locked, params__tries_account=refusal_mark(locked))
        if tried.filter(status=OperationStatus.DONE).exists():
            let_account_go(server=locked, now=now)
            return True
        waited = locked.checked_at is None or now - locked.checked_at >= settings.NOC_MONEY_PROBE_INTERVAL
        if waited and not tried.unsettled().exists():
            _let_one_try(locked, now=now)
    return False


def _let_one_try(server: Server, *, now: datetime) -> None:
    """The mark lets the operation pass the account's hold until the account is judged anew."""
    operation = held_for_money(server)
    if operation is None:
        return
    params = {**operation.params, "tries_account": refusal_mark(server)}
    if Operation.objects.filter(pk=operation.pk, status=OperationStatus.HELD).update(params=params):
        release_operation(operation=operation, now=now)


def judge_alert(*, server: Server, now: datetime) -> None:
    """Writes to operators once when the money is low or will soon run out; the next time only after it recovered.

    Call it inside a transaction, so that the letter and the mark that it was written stand or fall together.
    """
    forecast = forecasts([server], now=now)[server.pk]
    mine = Server.objects.filter(pk=server.pk)
    if not is_low(server, forecast, now=now):
        if mine.filter(balance_alerted_at__isnull=False).update(balance_alerted_at=None):
            record_event("server.balance_recovered", now=now, data={"server": server.pk})
        return
    if mine.filter(balance_alerted_at=None).update(balance_alerted_at=now):
        event = record_event("server.low_balance", now=now, data=_alert_data(server, forecast))
        notify_operators(event, now=now)


def is_low(server: Server, forecast: Forecast, *, now: datetime) -> bool:
    """Below the account's own limit, or used up by renewals within BALANCE_ALERT_DAYS."""
    if server.balance is None:
        return False
    if server.balance_alert_below is not None and server.balance < server.balance_alert_below:
        return True
    return forecast.runs_out_on is not None and (
        forecast.runs_out_on < business_date(now) + settings.BALANCE_ALERT_DAYS
    )


def _alert_data(server: Server, forecast: Forecast) -> dict[str, str | int]:
    return {
        "server": server.pk,
        "name": server.name,
        "balance": _plain(server.balance),
        "currency": server.balance_currency,
        "below": _plain(server.balance_alert_below),
        "runs_out_on": forecast.runs_out_on.isoformat() if forecast.runs_out_on else "",
        "top_up": _plain(forecast.top_up),
    }


def _plain(amount: Decimal | None) -> str:
    return "" if amount is None else str(round_money(amount, precision=2))
