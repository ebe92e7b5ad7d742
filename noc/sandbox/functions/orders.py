"""`<kind>.order.param`: a new service. Checks run in the order in which the partner's form would complain."""

from noc.sandbox.calls import Call
from noc.sandbox.document import Document, Node, Shape, choices, done, named_list, row
from noc.sandbox.items import Status
from noc.sandbox.kinds.base import Kind
from noc.sandbox.lifecycle import activate
from noc.sandbox.offers import charged_addons, chosen_addons, chosen_autoprolong, chosen_period, chosen_tariff
from noc.sandbox.paying import is_paid_now, leave_in_basket, take_money
from noc.sandbox.refusals import Refusal
from noc.sandbox.tariffs import Tariff, tariffs_of
from noc.sandbox.wording import say

_TO_BASKET = "func=basket"
_TO_PAYMENT = "func=payment.add&billorder={billorder}"


def order(call: Call, kind: Kind) -> Document:
    """Buy at once with `skipbasket=on`, else leave the order in the basket; without `sok` only show the form."""
    if not call.submitted:
        return _order_form(call, kind)
    tariff = chosen_tariff(call, kind.name)
    period = chosen_period(call, tariff.periods)
    fields = kind.order_fields(call, tariff)
    addons = chosen_addons(call, tariff, 0)
    default = period if call.options.autoprolong_default and period in tariff.renewable_periods else None
    autoprolong = chosen_autoprolong(call, tariff, period, default)
    kind.refuse_double(call, tariff, fields)
    _refuse_known_remoteid(call)
    cost = tariff.cost(period, call.account.currency, addons=charged_addons(call.options, addons))
    wants_basket = call.param("skipbasket") != "on" or call.param("clicked_button") == "basket"
    pays = not wants_basket and is_paid_now(call, cost)
    item = call.world.add_item(
        owner=call.account.login, kind=kind.name, tariff_id=tariff.id, period=period, now=call.now, fields=fields
    )
    item.autoprolong, item.addons, item.remoteid = autoprolong, addons, call.param("remoteid")
    if not pays:
        where = _TO_BASKET if wants_basket else _TO_PAYMENT
        return leave_in_basket(call, item, "order", period, cost, ok=where)
    take_money(call, item, "order", cost)
    activate(call, item)
    call.did("order", item, cost)
    answer = done(Node("id", str(item.id)))
    return answer.without("id") if call.fault("missing_id") else answer


def tariff_list(call: Call, kind: Kind) -> Document:
    """`<kind>.order`, `<kind>.order.pricelist`: the first step of the order wizard."""
    rows = [row(_tariff_row(call, tariff)) for tariff in tariffs_of(kind.name, call.account.region) if tariff.on_sale]
    periods = sorted({period for tariff in tariffs_of(kind.name, call.account.region) for period in tariff.periods})
    return Document(Shape.LIST, [named_list("tariflist", rows), _period_choices(call, periods)], {"func": call.func})


def _tariff_row(call: Call, tariff: Tariff) -> list[Node]:
    period = tariff.periods[0]
    cost = call.amount(tariff.cost(period, call.account.currency))
    return [
        Node("pricelist", str(tariff.id)),
        Node("desc", tariff.name_ru if call.lang == "ru" else tariff.name),
        Node("price", f"<b>{cost}</b> / {say(f'period_{period}', call.lang)}"),
        Node("order_available", "on"),
    ]


def _order_form(call: Call, kind: Kind) -> Document:
    if not call.param("pricelist"):
        step = f"{kind.name}.order.pricelist"
        raise Refusal("wizard_unavailable", step, "wizard", step=step)
    tariff = chosen_tariff(call, kind.name)
    period = call.param("period") or str(tariff.periods[0])
    nodes = [Node("pricelist", str(tariff.id)), Node("period", period), Node("autoprolong", period)]
    if tariff.addon is not None:
        nodes.append(Node(f"addon_{tariff.addon.id}", "0"))
    off = ("null", say("autoprolong_off", call.lang))
    renewals = [off, *((str(one), say(f"period_{one}", call.lang)) for one in tariff.renewable_periods)]
    lists = [_period_choices(call, tariff.periods), choices("autoprolong", renewals)]
    return Document(Shape.FORM, [*nodes, *lists], {"func": call.func})


def _period_choices(call: Call, periods: tuple[int, ...] | list[int]) -> Node:
    return choices("period", [(str(period), say(f"period_{period}", call.lang)) for period in periods])


def _refuse_known_remoteid(call: Call) -> None:
    remoteid = call.param("remoteid")
    if not remoteid or not call.options.remoteid_unique:
        return
    items = (item for item in call.world.items.values() if item.owner == call.account.login)
    if any(item.remoteid == remoteid and item.status is not Status.DELETED for item in items):
        raise Refusal(call.options.duplicate_type, "remoteid", "exists", what=remoteid)
