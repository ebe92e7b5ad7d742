"""`pricelist.export`: the price list as the account sees it; `country`: the countries that certificates know."""

from noc.sandbox.calls import Call
from noc.sandbox.countries import COUNTRIES, country_name
from noc.sandbox.dates import TRIAL
from noc.sandbox.document import Document, Node, Shape, row
from noc.sandbox.functions.lists import page
from noc.sandbox.money import exact
from noc.sandbox.refusals import invalid, no_access
from noc.sandbox.tariffs import KINDS, Tariff, tariffs_of
from noc.sandbox.wording import say


def export(call: Call) -> Document:
    """Tariffs of one `itemtype`, or of all; `onlyavailable=on` leaves out those no longer sold."""
    if call.fault("pricelist_access"):
        raise no_access(call.func)
    itemtype = call.param("itemtype")
    if itemtype and itemtype not in KINDS:
        raise invalid("itemtype", itemtype)
    only_sold = call.param("onlyavailable") == "on"
    tariffs = [one for one in tariffs_of(itemtype, call.account.region) if one.on_sale or not only_sold]
    nodes = [Node("pricelist", children=_tariff(call, one), many=True) for one in tariffs]
    return Document(Shape.LIST, nodes, {"func": call.func})


def countries(call: Call) -> Document:
    """`country`: the countries that `field_country` takes, by the partner's numbers."""
    found = sorted((country_name(code, call.lang), number, code) for number, code in COUNTRIES.items())
    rows = [row([Node("id", number), Node("iso2", code), Node("name", name)]) for name, number, code in found]
    return page(call, rows, lambda one: one)


def _tariff(call: Call, tariff: Tariff) -> list[Node]:
    nodes = [
        Node("id", str(tariff.id)),
        Node("itemtype", tariff.kind),
        Node("name", tariff.name),
        Node("name_ru", tariff.name_ru),
    ]
    if tariff.internal_name:
        nodes.append(Node(f"{tariff.kind}intname", tariff.internal_name))
    nodes.append(Node("price", attributes={"currency": call.account.currency}, children=_periods(call, tariff)))
    if tariff.addon is not None:
        nodes.append(Node("addon", children=_addon(call, tariff), many=True))
    return nodes


def _periods(call: Call, tariff: Tariff) -> list[Node]:
    return [_period(call, tariff, period) for period in tariff.periods]


def _period(call: Call, tariff: Tariff, period: int) -> Node:
    length, unit = (tariff.trial_days, "day") if period == TRIAL else (period, "month")
    cost = exact(tariff.cost(period, call.account.currency))
    attributes = {"cost": cost, "type": unit, "length": str(length)}
    return Node("period", say(f"period_{period}", call.lang), attributes, many=True)


def _addon(call: Call, tariff: Tariff) -> list[Node]:
    if tariff.addon is None:
        return []
    cost = {"cost": exact(tariff.addon.monthly[call.account.currency]), "type": "month", "length": "1"}
    period = Node("period", say("period_1", call.lang), cost, many=True)
    return [
        Node("id", str(tariff.addon.id)),
        Node("addontype", "limit"),
        Node("billtype", "order"),
        Node("addonmin", "0"),
        Node("intname", tariff.addon.name),
        Node("price", attributes={"currency": call.account.currency}, children=[period]),
    ]


FUNCTIONS = {"pricelist.export": export, "country": countries}
