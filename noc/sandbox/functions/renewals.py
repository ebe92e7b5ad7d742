"""`service.prolong`, for every kind, and the history of a service."""

from noc.sandbox.calls import Call
from noc.sandbox.dates import TRIAL
from noc.sandbox.document import Document, Node, Shape, choices, row
from noc.sandbox.functions.lists import page
from noc.sandbox.items import Item, Status
from noc.sandbox.lifecycle import end_of_period, extend, renewal_start
from noc.sandbox.offers import chosen_period, total_cost
from noc.sandbox.paying import is_paid_now, leave_in_basket, take_money
from noc.sandbox.refusals import Refusal
from noc.sandbox.tariffs import TARIFFS
from noc.sandbox.wording import say


def prolong(call: Call) -> Document:
    """Extend and charge at once; a basket button puts the renewal into the basket; without `sok` only show the form."""
    item = call.own_item(call.param("elid"))
    if not call.submitted:
        return _form(call, item)
    _refuse_unready(call, item)
    tariff = TARIFFS[item.tariff_id]
    if not tariff.renewable_periods or item.period == TRIAL:
        raise Refusal("value", "period", "trial", params=[("value", call.param("period"))])
    period = chosen_period(call, tariff.renewable_periods)
    cost = total_cost(call.options, item, period, call.account.currency)
    if call.param("clicked_button") == "basket":
        return leave_in_basket(call, item, "prolong", period, cost, ok="func=basket")
    if not is_paid_now(call, cost):
        where = "func=payment.add&billorder={billorder}"
        return leave_in_basket(call, item, "prolong", period, cost, ok=where)
    take_money(call, item, "prolong", cost)
    new_end = extend(call, item, period)
    call.did("prolong", item, cost)
    return _answer(call, new_end.isoformat())


def history(call: Call) -> Document:
    """`service.history`: what happened to one service, newest first."""
    item = call.own_item(call.param("elid"))
    rows = list(reversed(item.history))
    return page(
        call,
        rows,
        lambda one: row([Node("date", f"{one[0]:%Y-%m-%d %H:%M:%S}"), Node("type", one[1]), Node("user", item.owner)]),
    )


def _answer(call: Call, new_end: str) -> Document:
    node = Node("newexpiredate", new_end)
    nested = Node("doc", children=[node])
    where = call.options.prolong_nesting
    children = ([nested] if where != "flat" else []) + ([node] if where != "nested" else [])
    return Document(Shape.ACTION, [*children, Node("ok")])


def _refuse_unready(call: Call, item: Item) -> None:
    fault = call.fault("prolong_refused")
    if fault is not None and fault.variant == "too_early":
        day = (item.expires_on or call.today).isoformat()
        raise Refusal("prolong_too_early", "expiredate", "too_early", params=[("value", day)], date=day)
    if fault is not None or item.processing is not None or item.status not in (Status.ACTIVE, Status.SUSPENDED):
        raise Refusal("prolong_denied", "service", "not_processed")


def _form(call: Call, item: Item) -> Document:
    tariff = TARIFFS[item.tariff_id]
    periods = () if item.period == TRIAL else tariff.renewable_periods
    period = next((one for one in periods if str(one) == call.param("period")), None)
    period = period or (item.period if item.period in periods else next(iter(periods), None))
    new_end = "" if period is None else end_of_period(item, renewal_start(item, call.today), period).isoformat()
    nodes = [
        Node("elid", str(item.id)),
        Node("title_name", f"{tariff.name} (#{item.id})"),
        Node("status", str(item.shown_status.value)),
        Node("expiredate", item.expires_on.isoformat() if item.expires_on else ""),
        Node("newexpiredate", new_end),
        Node("period", "" if period is None else str(period)),
        Node("suspendpenaltywarn"),
        choices("period", [(str(one), say(f"period_{one}", call.lang)) for one in periods]),
    ]
    return Document(Shape.FORM, nodes, {"func": call.func})


FUNCTIONS = {"service.prolong": prolong, "service.history": history}
