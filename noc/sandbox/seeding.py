"""Putting items into the sandbox without buying them, for tests, benchmarks and demos."""

from collections.abc import Mapping
from datetime import date, datetime
from ipaddress import IPv4Address

from noc.sandbox import lifecycle
from noc.sandbox.items import Item, Processing, Status
from noc.sandbox.kinds import KINDS, kind_of
from noc.sandbox.state import World
from noc.sandbox.tariffs import TARIFFS

MOST_AT_ONCE = 200_000
_OWN_FIELDS = ("ip", "licname", "item", "domain", "target_ip", "bitninja_email")
_FIELDS: Mapping[str, tuple[str, ...]] = {"soft": ("licname", "ip"), "addition": ("item",)}
_FIRST_SEEDED_IP = int(IPv4Address("10.0.0.1"))


class BadSeed(ValueError):
    """An item that cannot be, with the reason."""


def seed_items(world: World, data: Mapping[str, object], now: datetime) -> list[Item]:
    """`count` items (1) like `data`: account, pricelist, then anything of period, status, createdate, expiredate,
    autoprolong, addons, remoteid, lickey and the kind's own fields. Not charged. Licenses without `ip` get one each.

    Raises BadSeed.
    """
    count = data.get("count", 1)
    if not isinstance(count, int) or not 1 <= count <= MOST_AT_ONCE:
        raise BadSeed(f"count takes a number from 1 to {MOST_AT_ONCE}")
    return [_seed_item(world, data, now) for _ in range(count)]


def change_item(world: World, item: Item, data: Mapping[str, object]) -> None:
    """Overwrite what `data` names; `processing: false` ends work on the item, `true` makes it stick in it."""
    for name in _OWN_FIELDS:
        if name in data:
            item.fields[name] = str(data[name])
    if "status" in data:
        item.status, item.sub_status = _status(data["status"]), ""
    if "createdate" in data:
        item.created_on = _day(data["createdate"])
    if "expiredate" in data:
        item.expires_on = _day(data["expiredate"])
    if "autoprolong" in data:
        item.autoprolong = None if data["autoprolong"] in (None, "null", "") else int(str(data["autoprolong"]))
    if "addons" in data:
        item.addons = int(str(data["addons"]))
    item.remoteid = str(data.get("remoteid", item.remoteid))
    item.license_key = str(data.get("lickey", item.license_key))
    if data.get("processing") is True:
        item.processing = Processing("5_open", None, item.expires_on)
    elif data.get("processing") is False:
        lifecycle.finish_work(item)
    world.remember_ip(item)


def _seed_item(world: World, data: Mapping[str, object], now: datetime) -> Item:
    account = world.accounts.get(str(data.get("account", "reseller")))
    if account is None:
        raise BadSeed(f"No such account: {data.get('account')}")
    tariff = TARIFFS.get(int(str(data.get("pricelist", 55227))))
    if tariff is None or tariff.kind not in KINDS:
        raise BadSeed(f"No such tariff, or of a kind that is not sold here: {data.get('pricelist')}")
    period = int(str(data.get("period", tariff.periods[0])))
    if period not in tariff.periods:
        raise BadSeed(f"{tariff.name} is not sold for the period {period}")
    fields = dict.fromkeys(_FIELDS[tariff.kind] + tariff.fields, "")
    if data.get("item"):
        fields["item"] = str(data["item"])
    item = world.add_item(
        owner=account.login, kind=tariff.kind, tariff_id=tariff.id, period=period, now=now, fields=fields
    )
    item.status = Status.ACTIVE
    kind_of(item).provision(item)
    if tariff.kind == "soft" and "ip" not in data:
        item.fields["ip"] = str(IPv4Address(_FIRST_SEEDED_IP + item.id))
    if "createdate" in data:
        item.created_on = _day(data["createdate"])
    item.expires_on = lifecycle.end_of_period(item, item.created_on, period)
    change_item(world, item, data)
    return item


def _status(value: object) -> Status:
    try:
        return Status(int(str(value)))
    except ValueError as error:
        raise BadSeed("status takes a number from 1 to 4") from error


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise BadSeed(f"Not a day (YYYY-MM-DD): {value}") from error
