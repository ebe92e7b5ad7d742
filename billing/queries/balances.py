"""How long the money of a partner account lasts, given the renewals due on it (S7)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef

from billing.models import HoldReason, Operation, OperationKind, OperationStatus, Service
from billing.queries.clock import business_date
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS, add_months
from noc.models import PriceListEntry, Server
from noc.price_lists import read_prices

HORIZON: Final = timedelta(days=90)
TOP_UP_FOR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Upcoming:
    """`services` of one tariff that end together on `day` and then every `months` if they are renewed.

    `cost` is that of one renewal in the account's currency, None where the price list does not tell.
    """

    day: date
    months: int
    cost: Decimal | None
    services: int = 1
    tariff_id: str = ""


@dataclass(frozen=True, slots=True)
class Spending:
    """What renewals of one day cost, and what is left of the money after it (None: the balance is not known)."""

    day: date
    amount: Decimal
    renewals: int
    left: Decimal | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The next 90 days of an account. `funds` are balance plus credit, None where the account shows no balance.

    `runs_out_on` is the first day whose renewals the money does not cover. `top_up` is what the next 30 days lack,
    `cost` what they cost. `unpriced` counts services by the Product ID whose price is not known: they are left out.
    """

    starts_on: date
    funds: Decimal | None
    days: tuple[Spending, ...]
    runs_out_on: date | None
    cost: Decimal
    top_up: Decimal | None
    unpriced: tuple[tuple[str, int], ...]


def make_forecast(*, funds: Decimal | None, upcoming: Iterable[Upcoming], today: date) -> Forecast:
    """Every service is taken to be renewed on the day it ends, for the same period again; what is overdue, today."""
    amounts: defaultdict[date, Decimal] = defaultdict(Decimal)
    renewals: Counter[date] = Counter()
    unpriced: Counter[str] = Counter()
    for group in upcoming:
        if group.cost is None:
            unpriced[group.tariff_id] += group.services
            continue
        for day in _renewal_days(group, today):
            amounts[day] += group.cost * group.services
            renewals[day] += group.services
    days = tuple(_spend(funds, amounts, renewals))
    cost = sum((spent.amount for spent in days if spent.day < today + TOP_UP_FOR), Decimal(0))
    return Forecast(
        starts_on=today,
        funds=funds,
        days=days,
        runs_out_on=next((spent.day for spent in days if spent.left is not None and spent.left < 0), None),
        cost=cost,
        top_up=None if funds is None else max(cost - funds, Decimal(0)),
        unpriced=tuple(sorted(unpriced.items())),
    )


def _renewal_days(group: Upcoming, today: date) -> Iterator[date]:
    """The day of the first renewal and of those after it, as far as the forecast looks."""
    yield from [max(group.day, today)] if group.day < today + HORIZON else []
    for times in count(1):
        day = add_months(group.day, group.months * times, anchor_day=group.day.day)
        if day >= today + HORIZON:
            return
        if day > today:
            yield day


def _spend(funds: Decimal | None, amounts: Mapping[date, Decimal], renewals: Mapping[date, int]) -> Iterator[Spending]:
    left = funds
    for day in sorted(amounts):
        left = None if left is None else left - amounts[day]
        yield Spending(day, amounts[day], renewals[day], left)


def forecasts(servers: Collection[Server], *, now: datetime) -> dict[int, Forecast]:
    """The forecast of each account by its id. Two queries, however many accounts and services there are."""
    prices = _prices_of(servers)
    upcoming: defaultdict[int, list[Upcoming]] = defaultdict(list)
    for row in _renewals_of(servers):
        server_id, tariff_id, months = row["server_id"], row["tariff_id"], CYCLE_MONTHS[Cycle(row["cycle"])]
        cost = prices.get((server_id, tariff_id), {}).get(months)
        upcoming[server_id].append(Upcoming(row["expires_on"], months, cost, row["services"], tariff_id))
    today = business_date(now)
    return {
        server.pk: make_forecast(funds=funds_of(server), upcoming=upcoming[server.pk], today=today)
        for server in servers
    }


def _renewals_of(servers: Collection[Server]) -> Iterable[Mapping[str, Any]]:
    """Live services that end one day and are not being ended, counted by account, end date, cycle and Product ID."""
    ending = Operation.objects.unsettled().filter(service=OuterRef("pk"), kind=OperationKind.TERMINATE)
    renewed = (
        Service.objects.live()
        .filter(server__in=servers, expires_on__isnull=False, cycle__in=CYCLE_MONTHS)
        .exclude(remote_id="")
        .exclude(Exists(ending))
    )
    grouped = renewed.order_by().values("server_id", "expires_on", "cycle", "tariff_id")
    return grouped.annotate(services=Count("pk"))


def _prices_of(servers: Collection[Server]) -> dict[tuple[int, str], Mapping[int, Decimal]]:
    """Prices by account and Product ID; those in another currency than the balance say nothing of it."""
    currencies = {server.pk: server.balance_currency for server in servers}
    entries = PriceListEntry.objects.filter(server__in=servers)
    return {
        (entry.server_id, entry.tariff_id): read_prices(entry.prices)
        for entry in entries
        if not (entry.currency and currencies[entry.server_id]) or entry.currency == currencies[entry.server_id]
    }


def funds_of(server: Server) -> Decimal | None:
    """What the account can spend, as last read: balance and credit; None if it never showed a balance."""
    return None if server.balance is None else server.balance + server.balance_credit


def held_for_money(server: Server) -> Operation | None:
    """The operation that has waited longest for money on this account: it is tried first."""
    held = Operation.objects.filter(server=server, status=OperationStatus.HELD, hold_reason=HoldReason.NO_MONEY)
    return held.select_related("service", "server").order_by("id").first()


def known_cost(operation: Operation) -> Decimal | None:
    """What the price list says that this purchase or renewal costs; addons are not in it. None if it says nothing."""
    service = operation.service
    entry = PriceListEntry.objects.filter(server=operation.server, tariff_id=service.tariff_id).first()
    months = operation.params.get("period") or service.partner_period or CYCLE_MONTHS.get(Cycle(service.cycle))
    return read_prices(entry.prices).get(int(months)) if entry is not None and months else None


def refusal_mark(server: Server) -> str:
    """Names the account's latest judgement, so that a trial asked for after it ends with the next one."""
    return server.checked_at.isoformat() if server.checked_at else ""
