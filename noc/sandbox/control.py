"""The admin side, beside the partner's protocol: `/admin/...`, JSON in and out. No HTTP here.

Whoever can reach the port can call it: a sandbox has nothing to protect but the test that it serves.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import timedelta
from decimal import Decimal
from ipaddress import ip_network

from noc.sandbox.duties import catch_up
from noc.sandbox.faults import CONTENT, TRANSPORT, VARIANTS, BadFault, Fault, checked
from noc.sandbox.holdings import copy_items, decide_certificate, item_dict, remove_items, save_items
from noc.sandbox.inputs import BadRequest, Data, amount, whole
from noc.sandbox.options import CHOICES, as_dict, changed
from noc.sandbox.replies import Reply, as_json
from noc.sandbox.state import World
from noc.sandbox.tariffs import CURRENCIES

_FURTHEST_DAYS = 3660
_FAULT_FIELDS = [one.name for one in fields(Fault) if one.name not in ("id", "hits", "dice")]


def control(world: World, method: str, path: str, data: Data, query: Mapping[str, str]) -> Reply:
    """Answer one admin call. 400 says what is wrong with it, 404 that there is no such call."""
    action = _ACTIONS.get((method, path.removeprefix("/admin/").strip("/")))
    if action is None:
        calls = sorted(f"{verb} /admin/{name}" for verb, name in _ACTIONS)
        return as_json({"error": "No such call", "calls": calls}, status=404)
    with world.lock:
        try:
            result = action(world, {**query, **data})
        except ValueError as error:
            return as_json({"error": str(error)}, status=400)
    return as_json(result)


def _reset(world: World, data: Data) -> object:
    world.reset()
    return {"ok": True}


def _save_account(world: World, data: Data) -> object:
    """A new account; of a known login, what `data` names is changed."""
    login = str(data.get("login", ""))
    if not login or ":" in login:
        raise BadRequest("login is required and holds no colon")
    known = world.accounts.get(login)
    currency = str(data.get("currency", known.currency if known else "EUR"))
    if currency not in CURRENCIES:
        raise BadRequest(f"currency takes one of {', '.join(CURRENCIES)}")
    allowed = data.get("allowed_ips", list(known.allowed_ips) if known else [])
    if not isinstance(allowed, list):
        raise BadRequest("allowed_ips takes a list")
    for one in allowed:
        ip_network(one, strict=False)
    balance = amount(data, "balance", known.balance if known else Decimal(0))
    credit = amount(data, "credit", known.credit if known else Decimal(0))
    account = known or world.add_account(login, "", currency=currency, balance=balance)
    account.currency, account.allowed_ips = currency, tuple(str(one) for one in allowed)
    account.password = str(data.get("password", account.password or "sandbox-password"))
    account.balance, account.credit = balance, credit
    account.two_factor = bool(data.get("two_factor", account.two_factor))
    return _account_dict(world, login)


def _set_balance(world: World, data: Data) -> object:
    """Set an account's balance (`balance`) or add to it (`add`)."""
    account = world.accounts.get(str(data.get("login", "reseller")))
    if account is None:
        raise BadRequest(f"No such account: {data.get('login')}")
    account.balance = amount(data, "balance", account.balance) + amount(data, "add", Decimal(0))
    account.credit = amount(data, "credit", account.credit)
    return _account_dict(world, account.login)


def _advance_clock(world: World, data: Data) -> object:
    """Advance by `advance_days` and `advance_seconds`; the duties of each day passed are done."""
    days, seconds = whole(data, "advance_days"), whole(data, "advance_seconds")
    if not 0 <= days <= _FURTHEST_DAYS or seconds < 0:
        raise BadRequest(f"The clock only goes forward, by at most {_FURTHEST_DAYS} days")
    world.clock.offset += timedelta(days=days, seconds=seconds)
    catch_up(world, world.clock.now())
    return _clock_dict(world)


def _switch_fault_on(world: World, data: Data) -> object:
    unknown = sorted(set(data) - set(_FAULT_FIELDS))
    if unknown:
        raise BadFault(f"A fault takes {', '.join(_FAULT_FIELDS)}; not {', '.join(unknown)}")
    if not data.get("name"):
        raise BadFault("name is required")
    given = {name: value for name, value in data.items() if value not in (None, "")}
    for name in ("count", "seed", "delay_ms"):
        if name in given:
            given[name] = whole(given, name)
    if not isinstance(given.get("probability", 0.0), int | float) or not isinstance(given.get("params", {}), dict):
        raise BadFault("probability takes a number, params an object")
    fault = checked(Fault(world.next_fault_id(), **given))  # type: ignore[arg-type]
    world.faults.faults.append(fault)
    return _fault_dict(fault)


def _switch_faults_off(world: World, data: Data) -> object:
    """All faults, or those of a `name`, or the one with an `id`. Without `stuck_processing` stuck work ends."""
    number = whole(data, "id") if data.get("id") else None
    removed = world.faults.remove(fault_id=number, name=str(data.get("name", "")))
    released = []
    if any(fault.name == "stuck_processing" for fault in removed):
        released = _release_stuck(world, None)
    return {"removed": [_fault_dict(fault) for fault in removed], "released": released}


def _release(world: World, data: Data) -> object:
    """End the processing of one item (`id`) or of all."""
    return {"released": _release_stuck(world, whole(data, "id") if data.get("id") else None)}


def _release_stuck(world: World, item_id: int | None) -> list[int]:
    items = [one for one in world.items.values() if one.processing is not None and item_id in (None, one.id)]
    for item in items:
        item.finish_work()
    return [item.id for item in items]


def _set_options(world: World, data: Data) -> object:
    world.options = changed(world.options, data)
    return as_dict(world.options)


def _state(world: World, data: Data) -> object:
    catch_up(world, world.clock.now())
    return {
        "clock": _clock_dict(world),
        "accounts": [_account_dict(world, login) for login in world.accounts],
        "items": [item_dict(item) for item in world.items.values()] if data.get("items") != "0" else [],
        "charges": [asdict(charge) for charge in world.charges] if data.get("charges") != "0" else [],
        "basket": [asdict(order) for order in world.billorders.values()],
        "faults": [_fault_dict(fault) for fault in world.faults.faults],
        "options": as_dict(world.options),
        "acts": dict(world.journal.counted),
        "calls": world.journal.calls,
    }


def _log(world: World, data: Data) -> object:
    """The request log, oldest first: `func`, `acted=1`, `after=<number>`, `limit` (the last so many)."""
    entries = list(
        world.journal.found(func=str(data.get("func", "")), acted=data.get("acted") == "1", after=whole(data, "after"))
    )
    limit = whole(data, "limit") or len(entries)
    return {
        "entries": [entry.as_dict() for entry in entries[-limit:]],
        "acts": dict(world.journal.counted),
        "calls": world.journal.calls,
    }


def _known_faults(world: World, data: Data) -> object:
    return {
        "transport": dict(TRANSPORT),
        "content": list(CONTENT),
        "variants": dict(VARIANTS),
        "on": [_fault_dict(fault) for fault in world.faults.faults],
    }


def _known_options(world: World, data: Data) -> object:
    return {"options": as_dict(world.options), "choices": dict(CHOICES)}


def _account_dict(world: World, login: str) -> dict[str, object]:
    account = asdict(world.accounts[login])
    del account["password"]
    return account | {"region": world.accounts[login].region}


def _clock_dict(world: World) -> dict[str, object]:
    now = world.clock.now()
    return {"now": now.isoformat(), "today": now.date(), "advanced_seconds": int(world.clock.offset.total_seconds())}


def _fault_dict(fault: Fault) -> dict[str, object]:
    return {one.name: getattr(fault, one.name) for one in fields(fault) if one.name != "dice"}


_ACTIONS: dict[tuple[str, str], Callable[[World, Data], object]] = {
    ("POST", "reset"): _reset,
    ("POST", "accounts"): _save_account,
    ("POST", "balance"): _set_balance,
    ("POST", "clock"): _advance_clock,
    ("POST", "faults"): _switch_fault_on,
    ("DELETE", "faults"): _switch_faults_off,
    ("GET", "faults"): _known_faults,
    ("POST", "release"): _release,
    ("POST", "options"): _set_options,
    ("GET", "options"): _known_options,
    ("POST", "items"): save_items,
    ("POST", "items/copy"): copy_items,
    ("DELETE", "items"): remove_items,
    ("POST", "certificates"): decide_certificate,
    ("GET", "state"): _state,
    ("GET", "log"): _log,
}
