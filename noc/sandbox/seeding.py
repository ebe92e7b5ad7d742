"""Putting items into the sandbox without buying them, for tests, benchmarks and demos."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from ipaddress import IPv4Address

from noc.sandbox import lifecycle
from noc.sandbox.items import Certificate, Issue, Item, Processing, Status
from noc.sandbox.kinds import KINDS, kind_of
from noc.sandbox.state import World
from noc.sandbox.tariffs import TARIFFS, Tariff

MOST_AT_ONCE = 200_000
_OWN_FIELDS = (
    "ip",
    "licname",
    "item",
    "domain",
    "target_ip",
    "bitninja_email",
    "CN",
    "altname",
    "csr",
    "key",
    "approver_method",
    "approver_email_1",
)
_OTHER_NAMES = frozenset({"id", "count", "account", "kind", "pricelist", "period", "processing", "service_status"})
_FIRST_SEEDED_IP = int(IPv4Address("10.0.0.1"))


class BadSeed(ValueError):
    """An item that cannot be, with the reason."""


def seed_items(world: World, data: Mapping[str, object], now: datetime) -> list[Item]:
    """`count` items (1) like `data`: account, pricelist (a `kind` beside it is checked), then anything of period,
    status, createdate, expiredate, autoprolong, addons, remoteid, lickey, real_ipchange, real_keychange, processing,
    service_status (certificates; 5 unless told) and the kind's own fields, see `_OWN_FIELDS`.

    Not charged. Items bound to an address get one each where `ip` is not given, certificates a CN each.

    Raises BadSeed; nothing is added then.
    """
    count = data.get("count", 1)
    if not isinstance(count, int) or not 1 <= count <= MOST_AT_ONCE:
        raise BadSeed(f"count takes a number from 1 to {MOST_AT_ONCE}")
    owner = str(data.get("account", "reseller"))
    if owner not in world.accounts:
        raise BadSeed(f"No such account: {owner}")
    tariff = _tariff(data.get("pricelist", 55227), data.get("kind"))
    period = _period(tariff, data.get("period", tariff.periods[0]))
    issue = _issue(data.get("service_status", Issue.ISSUED.value))
    wishes = _read_wishes(data)
    return [_seed_item(world, data, wishes, owner, tariff, period, issue, now) for _ in range(count)]


def change_item(world: World, item: Item, data: Mapping[str, object]) -> None:
    """Overwrite what `data` names, `pricelist` (of the same kind), `period` and `service_status` too;
    `processing: false` ends work on the item, `true` makes it stick in it. The journal and the charges show nothing.

    Raises BadSeed; nothing is changed then.
    """
    tariff = _tariff(data.get("pricelist", item.tariff_id), item.kind)
    period = _period(tariff, data["period"]) if "period" in data else item.period
    issue = _issue(data["service_status"]) if "service_status" in data else None
    wishes = _read_wishes(data)
    item.tariff_id, item.period = tariff.id, period
    if issue is not None:
        item.certificate = Certificate(issue)
    _apply(world, item, data, wishes)


def copy_item(world: World, original: Item, changes: Mapping[str, object], now: datetime) -> Item:
    """A twin with an id and a key of its own. Raises BadSeed; there is no twin then."""
    twin = world.add_item(
        owner=original.owner,
        kind=original.kind,
        tariff_id=original.tariff_id,
        period=original.period,
        now=now,
        fields=original.fields,
    )
    kind_of(twin).provision(twin, world)
    for name in ("created_on", "status", "expires_on", "autoprolong", "addons", "remoteid", "sub_status"):
        setattr(twin, name, getattr(original, name))
    twin.certificate = replace(original.certificate) if original.certificate else None
    try:
        change_item(world, twin, changes)
    except BadSeed:
        world.forget_item(twin)
        raise
    return twin


def _seed_item(
    world: World,
    data: Mapping[str, object],
    wishes: Mapping[str, object],
    owner: str,
    tariff: Tariff,
    period: int,
    issue: Issue,
    now: datetime,
) -> Item:
    fields = dict.fromkeys(KINDS[tariff.kind].own_fields + tariff.fields, "")
    item = world.add_item(owner=owner, kind=tariff.kind, tariff_id=tariff.id, period=period, now=now, fields=fields)
    item.status = Status.ACTIVE
    kind_of(item).provision(item, world)
    if "ip" in fields:
        item.fields["ip"] = str(IPv4Address(_FIRST_SEEDED_IP + item.id))
    if tariff.kind == "certificate":
        item.fields["CN"] = f"{'*.' if tariff.is_wildcard else ''}seeded-{item.id}.example.com"
        item.certificate = Certificate(issue)
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
        item.finish_work()
    world.index(item)


def _read_wishes(data: Mapping[str, object]) -> dict[str, object]:
    """The item's attributes that `data` sets, as values of their types. Raises BadSeed for an unknown name."""
    unknown = sorted(set(data) - set(_READERS) - set(_OWN_FIELDS) - _OTHER_NAMES)
    if unknown:
        raise BadSeed(f"An item takes {', '.join((*sorted(_OTHER_NAMES), *_READERS, *_OWN_FIELDS))}; not {unknown[0]}")
    return {attribute: read(data[name]) for name, (attribute, read) in _READERS.items() if name in data}


def _tariff(value: object, kind: object) -> Tariff:
    """The tariff of that number, which has to be of `kind` unless that is None."""
    tariff = TARIFFS.get(_number(value))
    if tariff is None:
        raise BadSeed(f"No such tariff: {value}")
    if kind not in (None, tariff.kind):
        raise BadSeed(f"{tariff.name} is no tariff of {kind}")
    return tariff


def _period(tariff: Tariff, value: object) -> int:
    period = _number(value)
    if period not in tariff.periods:
        raise BadSeed(f"{tariff.name} is not sold for the period {period}")
    return period


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


def _issue(value: object) -> Issue:
    try:
        return Issue(_number(value))
    except ValueError as error:
        raise BadSeed("service_status takes a number from 3 to 6") from error


def _day(value: object) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise BadSeed(f"Not a day (YYYY-MM-DD): {value}") from error


_READERS: Mapping[str, tuple[str, Callable[[object], object]]] = {
    "status": ("status", _status),
    "createdate": ("created_on", _day),
    "expiredate": ("expires_on", _day),
    "autoprolong": ("autoprolong", _autoprolong),
    "addons": ("addons", _number),
    "remoteid": ("remoteid", str),
    "lickey": ("license_key", str),
    "real_ipchange": ("ip_changed_on", _day),
    "real_keychange": ("key_changed_on", _day),
}
