"""What an account's live price list says, with the built-in table behind it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from django.db import transaction

from noc.errors import AuthFailed, PartnerError
from noc.kinds import KINDS
from noc.models import PriceListEntry, PriceListTrouble, Server, ServerGroup
from noc.schemas import Tariff, parse_decimal, parse_int
from noc.servers import connect
from noc.tariffs import BUILT_IN, DAILY, LIFETIME, TRIAL, built_in, fetch_tariffs

# Periods that can be bought (partner-api.md §7): months, once, and a trial.
PERIOD_CODES: Final = frozenset({1, 3, 6, 12, 24, 36, LIFETIME, TRIAL})


def refresh_price_list(server: Server, *, now: datetime) -> int:
    """Read the account's price list and put it in place of the stored one; returns how many tariffs it has.

    The partner is asked outside any transaction. Raises the tree of `noc.errors`, then the stored list stays; it
    also stays when the answer is empty (0), which is how an account answers that may not read the list.
    What became of the attempt is kept on the server. Server.DoesNotExist if the account was removed meanwhile.
    """
    try:
        with connect(server, reference="price_list") as client:
            tariffs = fetch_tariffs(client)
    except PartnerError as error:
        is_refused = isinstance(error, AuthFailed)
        note_attempt(server, trouble=PriceListTrouble.REFUSED if is_refused else PriceListTrouble.SILENT, now=now)
        raise
    note_attempt(server, trouble="" if tariffs else PriceListTrouble.CLOSED, now=now)
    if not tariffs:
        return 0
    with transaction.atomic():
        # Two refreshes at once would each delete the other's rows and then both insert.
        Server.objects.select_for_update().get(pk=server.pk)
        PriceListEntry.objects.filter(server=server).delete()
        PriceListEntry.objects.bulk_create([_entry_of(server, tariff, now) for tariff in tariffs])
    return len(tariffs)


def note_attempt(server: Server, *, trouble: str, now: datetime) -> None:
    """Remembers when the price list was asked for and why nothing came ("" if it came)."""
    server.price_list_tried_at, server.price_list_trouble = now, trouble
    Server.objects.filter(pk=server.pk).update(price_list_tried_at=now, price_list_trouble=trouble)


def list_tariffs(server: Server) -> list[Tariff]:
    """All that the account sells as far as is known: its live list, then what the built-in table has besides.

    Ordered by kind and name; `source` says where each one is from.
    """
    entries = PriceListEntry.objects.filter(server=server)
    live = {entry.tariff_id: _tariff_of(entry, built_in(entry.tariff_id)) for entry in entries}
    rest = (tariff for tariff_id, tariff in BUILT_IN.items() if tariff_id not in live)
    return sorted([*live.values(), *rest], key=lambda tariff: (tariff.kind, tariff.name.casefold(), tariff.id))


def find_tariff(tariff_id: str, *, server_group: ServerGroup | None = None) -> Tariff | None:
    """The tariff as the accounts in question sell it: members of the group, else the default server, else all.

    A live row decides on name and periods; a row without a usable price leaves the periods to the built-in table.
    Where several accounts sell it, only the periods that all of them have count. None: no list names this id.
    """
    known = built_in(tariff_id)
    servers = _servers_in_question(server_group)
    rows = PriceListEntry.objects.filter(server__in=servers, tariff_id=tariff_id).order_by("server__name")
    live = [_tariff_of(entry, known) for entry in rows]
    return _agree(live) if live else known


def find_tariffs(wanted: Iterable[tuple[str, int | None]]) -> dict[tuple[str, int | None], Tariff | None]:
    """What `find_tariff` says of many: (Product ID, id of the server group or None) → tariff. Three queries at most."""
    pairs = set(wanted)
    entries: dict[str, list[PriceListEntry]] = {}
    rows = PriceListEntry.objects.filter(tariff_id__in={tariff_id for tariff_id, _group in pairs})
    for entry in rows.order_by("server__name"):
        entries.setdefault(entry.tariff_id, []).append(entry)
    if not entries:
        return {pair: built_in(pair[0]) for pair in pairs}
    defaults = {pk for pk, is_default in Server.objects.values_list("pk", "is_default") if is_default}
    members: dict[int | None, set[int]] = {}
    for member_of, server_id in ServerGroup.objects.filter(servers__isnull=False).values_list("pk", "servers"):
        members.setdefault(member_of, set()).add(server_id)
    found: dict[tuple[str, int | None], Tariff | None] = {}
    for tariff_id, group_id in pairs:
        known, asked = built_in(tariff_id), members.get(group_id, set()) if group_id else defaults
        is_anyone = not group_id and not defaults
        listed = [entry for entry in entries.get(tariff_id, ()) if is_anyone or entry.server_id in asked]
        live = [_tariff_of(entry, known) for entry in listed]
        found[tariff_id, group_id] = _agree(live) if live else known
    return found


def _servers_in_question(server_group: ServerGroup | None) -> Iterable[Server]:
    if server_group is not None:
        return server_group.servers.all()
    return Server.objects.filter(is_default=True) or Server.objects.all()


def _entry_of(server: Server, tariff: Tariff, now: datetime) -> PriceListEntry:
    return PriceListEntry(
        server=server,
        kind=tariff.kind,
        tariff_id=tariff.id,
        name=tariff.name[:255],
        currency=tariff.currency[:3],
        prices={str(period): str(cost) for period, cost in tariff.prices.items()},
        addons=list(tariff.addons),
        read_at=now,
    )


def _tariff_of(entry: PriceListEntry, known: Tariff | None) -> Tariff:
    prices = read_prices(entry.prices)
    return Tariff(
        id=entry.tariff_id,
        kind=entry.kind,
        name=entry.name or (known.name if known else ""),
        prices=prices,
        currency=entry.currency,
        periods=frozenset(prices) or (known.periods if known else _usual_periods(entry.kind)),
        source="live",
        addons=tuple(map(str, entry.addons)) or (known.addons if known else ()),
    )


def read_prices(stored: object) -> Mapping[int, Decimal]:
    """The usable prices among what was read; the rest says nothing of what is sold."""
    found: dict[int, Decimal] = {}
    for code, cost in stored.items() if isinstance(stored, dict) else ():
        period, amount = parse_int(str(code)), parse_decimal(str(cost))
        # The list shows a trial as days that cost nothing; it is ordered by its own code.
        period = TRIAL if period == DAILY and amount == 0 else period
        if period in PERIOD_CODES and amount is not None and amount >= 0:
            found[period] = amount
    return MappingProxyType(found)


def _usual_periods(kind: str) -> frozenset[int]:
    return KINDS[kind].default_periods if kind in KINDS else frozenset()


def _agree(live: list[Tariff]) -> Tariff:
    shared = frozenset.intersection(*(tariff.periods for tariff in live))
    first = live[0]
    return Tariff(
        id=first.id,
        kind=first.kind,
        name=first.name,
        prices=first.prices,
        currency=first.currency,
        periods=shared or first.periods,
        source="live",
        addons=first.addons,
    )
