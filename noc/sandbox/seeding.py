"""Putting items into the sandbox without buying them, for tests, benchmarks and demos."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from ipaddress import IPv4Address

from noc.sandbox import lifecycle
from noc.sandbox.items import Item, Processing, Status
from noc.sandbox.kinds import KINDS, kind_of
from noc.sandbox.state import World
from noc.sandbox.tariffs import TARIFFS, Tariff

MOST_AT_ONCE = 200_000
_OWN_FIELDS = ("ip", "licname", "item", "domain", "target_ip", "bitninja_email")
_FIRST_SEEDED_IP = int(IPv4Address("10.0.0.1"))


class BadSeed(ValueError):
    """An item that cannot be, with the reason."""


def seed_items(world: World, data: Mapping[str, object], now: datetime) -> list[Item]:
    """`count` items (1) like `data`: account, pricelist, then anything of period, status, createdate, expiredate,
    autoprolong, addons, remoteid, lickey and the kind's own fields. Not charged. Licenses without `ip` get one each.

    Raises BadSeed; nothing is added then.
    """
    count = data.get("count", 1)
    if not isinstance(count, int) or not 1 <= count <= MOST_AT_ONCE:
        raise BadSeed(f"count takes a number from 1 to {MOST_AT_ONCE}")
    owner = str(data.get("account", "reseller"))
    if owner not in world.accounts:
        raise BadSeed(f"No such account: {owner}")
    tariff = TARIFFS.get(_number(data.get("pricelist", 55227)))
    if tariff is None or tariff.kind not in KINDS:
        raise BadSeed(f"No such tariff, or of a kind that is not sold here: {data.get('pricelist')}")
    period = _number(data.get("period", tariff.periods[0]))
    if period not in tariff.periods:
        raise BadSeed(f"{tariff.name} is not sold for the period {period}")
    wishes = _read_wishes(data)
    return [_seed_item(world, data, wishes, owner, tariff, period, now) for _ in range(count)]


def change_item(world: World, item: Item, data: Mapping[str, object]) -> None:
    """Overwrite what `data` names; `processing: false` ends work on the item, `true` makes it stick in it.

    Raises BadSeed; nothing is changed then.
    """
    _apply(world, item, data, _read_wishes(data))


def _seed_item(
    world: World,
    data: Mapping[str, object],
    wishes: Mapping[str, object],
    owner: str,
    tariff: Tariff,
    period: int,
    now: datetime,
) -> Item:
    fields = dict.fromkeys(KINDS[tariff.kind].own_fields + tariff.fields, "")
    if data.get("item"):
        fields["item"] = str(data["item"])
    item = world.add_item(owner=owner, kind=tariff.kind, tariff_id=tariff.id, period=period, now=now, fields=fields)
    item.status = Status.ACTIVE
    kind_of(item).provision(item)
    if "ip" in fields:
        item.fields["ip"] = str(IPv4Address(_FIRST_SEEDED_IP + item.id))
    _apply(world, item, data, wishes)
    if item.expires_on is None:
        item.expires_on = lifecycle.end_of_period(item, item.created_on, period)
    return item


def _apply(world: World, item: Item, data: Mapping[str, object], wishes: Mapping[str, object]) -> None:
    item.fields |= {name: str(data[name]) for name in _OWN_FIELDS if name in data}
    for name, value in wishes.items():
        setattr(item, name, value)
    if "status" in wishes:
        item.sub_status = ""
    if data.get("processing") is True:
        item.processing = Processing("5_open", None, item.expires_on)
    elif data.get("processing") is False:
        lifecycle.finish_work(item)
    world.remember_ip(item)


def _read_wishes(data: Mapping[str, object]) -> dict[str, object]:
    """The item's attributes that `data` sets, as values of their types."""
    readers: Mapping[str, tuple[str, Callable[[object], object]]] = {
        "status": ("status", _status),
        "createdate": ("created_on", _day),
        "expiredate": ("expires_on", _day),
        "autoprolong": ("autoprolong", _autoprolong),
        "addons": ("addons", _number),
        "remoteid": ("remoteid", str),
        "lickey": ("license_key", str),
    }
    return {attribute: read(data[name]) for name, (attribute, read) in readers.items() if name in data}


def _autoprolong(value: object) -> int | None:
    return None if value in (None, "null", "") else _number(value)


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise BadSeed(f"Not a whole number: {value}") from error


def _status(value: object) -> Status:
    try:
        return Status(_number(value))
    except ValueError as error:
        raise BadSeed("status takes a number from 1 to 4") from error


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise BadSeed(f"Not a day (YYYY-MM-DD): {value}") from error
