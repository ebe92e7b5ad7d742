"""What every kind can do with its items: `<kind>.edit`, `.delete`, `.suspend`, `.resume`, and the list beside them."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import partial

from noc.sandbox import lifecycle
from noc.sandbox.calls import Call
from noc.sandbox.document import Document, Node, Shape, done
from noc.sandbox.functions.lists import list_items, set_filter
from noc.sandbox.functions.orders import order, tariff_list
from noc.sandbox.items import Item, Status
from noc.sandbox.kinds import KINDS
from noc.sandbox.kinds.base import Kind
from noc.sandbox.offers import charged_addons, chosen_addons, chosen_autoprolong
from noc.sandbox.paying import is_paid_now, take_money
from noc.sandbox.refusals import Refusal, no_access, no_item
from noc.sandbox.state import new_license_key
from noc.sandbox.tariffs import TARIFFS, Tariff

_KEY_CHANGE_PAUSE = timedelta(days=30)
Handler = Callable[[Call], Document]


def functions() -> dict[str, Handler]:
    """Every function of every kind by full name."""
    return {name: handler for kind in KINDS.values() for name, handler in _of_kind(kind).items()}


def _of_kind(kind: Kind) -> Mapping[str, Handler]:
    verbs: dict[str, Callable[[Call, Kind], Document]] = {
        "": list_items,
        ".edit": edit,
        ".order": tariff_list,
        ".order.pricelist": tariff_list,
        ".order.param": order,
        ".delete": delete,
        ".suspend": suspend,
        ".resume": resume,
    }
    named = {kind.name + verb: _bound(handler, kind) for verb, handler in verbs.items()}
    named[f"{kind.name}.filter"] = partial(set_filter, list_name=kind.name)
    return named | dict(kind.own_functions())


def _bound(handler: Callable[[Call, Kind], Document], kind: Kind) -> Handler:
    return lambda call: handler(call, kind)


def edit(call: Call, kind: Kind) -> Document:
    """The form of one item; with `sok` writes it, with `clicked_button=newkey` makes a new key."""
    item = call.own_item(call.param("elid"), kind.name)
    if not call.submitted:
        lifecycle.observe(item, call.today)
        return Document(Shape.FORM, kind.form(item, call), {"func": call.func})
    if not item.is_live:
        raise no_item()
    if call.param("clicked_button") == "newkey":
        return _new_key(call, item)
    tariff = TARIFFS[item.tariff_id]
    addons = chosen_addons(call, tariff, item.addons)
    autoprolong = chosen_autoprolong(call, tariff, item.period, item.autoprolong)
    cost = _cost_of_addons(call, item, tariff, addons)
    if cost and not is_paid_now(call, cost):
        raise Refusal("money", "balance", "refused")
    kind.change(item, call)
    if cost:
        take_money(call, item, "addon", cost)
        call.did("addon", item, cost)
    item.addons, item.autoprolong = addons, autoprolong
    if "remoteid" in call.params:
        item.remoteid = call.param("remoteid")
    call.did("edit", item)
    return done(Node("id", str(item.id)))


def delete(call: Call, kind: Kind) -> Document:
    """End the items of `elid` for good; nothing is deleted if one of them is not there."""
    items = _named_items(call, kind)
    if call.fault("delete_refused"):
        amounts = {"minimum": call.amount(Decimal("10.00")), "left": call.amount(Decimal("6.00"))}
        raise Refusal("pricelist_min_order", "elid", "min_order", params=list(amounts.items()), **amounts)
    for item in items:
        lifecycle.delete(call.world, item, call.now)
        call.did("delete", item)
    return done()


def suspend(call: Call, kind: Kind) -> Document:
    """Stop the items of `elid`. Modules: administrators only."""
    if not kind.can_be_suspended:
        raise no_access(call.func)
    items = _to_turn(call, kind, Status.ACTIVE)
    for item in items:
        lifecycle.suspend(item, "3_employeesuspend")
        call.did("suspend", item)
    return done()


def resume(call: Call, kind: Kind) -> Document:
    """Start stopped items again; one whose paid time is over has to be renewed first."""
    if not kind.can_be_suspended:
        raise no_access(call.func)
    items = _to_turn(call, kind, Status.SUSPENDED)
    if any(item.expires_on is not None and item.expires_on <= call.today for item in items):
        raise Refusal("value", "expiredate", "expired")
    for item in items:
        lifecycle.resume(item)
        call.did("resume", item)
    return done()


def _named_items(call: Call, kind: Kind) -> list[Item]:
    return [call.own_live_item(elid.strip(), kind.name) for elid in call.param("elid").split(",")]


def _to_turn(call: Call, kind: Kind, status: Status) -> list[Item]:
    """The items in `status`. One that is not is passed over, or all are refused where the switch says so."""
    named = _named_items(call, kind)
    items = [item for item in named if item.status is status]
    if len(items) < len(named) and call.options.repeat_suspend == "error":
        raise Refusal("value", "status", "already_so")
    return items


def _new_key(call: Call, item: Item) -> Document:
    if not item.license_key:
        raise no_item()
    changed = item.key_changed_on
    fault = call.fault("key_change_refused") if changed and call.today - changed < _KEY_CHANGE_PAUSE else None
    if fault is not None:
        raise Refusal(fault.variant, "lickey", "key_changed_recently")
    item.license_key = new_license_key(item)
    item.key_changed_on = call.today
    call.did("newkey", item)
    return done(Node("id", str(item.id)), Node("lickey", item.license_key))


def _cost_of_addons(call: Call, item: Item, tariff: Tariff, addons: int) -> Decimal:
    """More counted things cost their price for a whole period; fewer give nothing back."""
    if item.status is Status.ORDERED:
        return Decimal(0)
    before, after = charged_addons(call.options, item.addons), charged_addons(call.options, addons)
    currency = call.account.currency
    more = tariff.cost(item.period, currency, addons=after) - tariff.cost(item.period, currency, addons=before)
    return max(Decimal(0), more)
