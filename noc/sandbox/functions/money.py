"""Balance and charges: `subaccount`, `dashboard.info`, `usrparam`, `notify`, `expense`."""

from noc.sandbox.calls import Call
from noc.sandbox.document import Document, Node, Shape, row
from noc.sandbox.functions.lists import page
from noc.sandbox.items import Charge
from noc.sandbox.money import in_style, plain
from noc.sandbox.refusals import no_access, no_function
from noc.sandbox.wording import say


def subaccounts(call: Call) -> Document:
    """`subaccount`: one row, the balance a bare number unless switched."""
    _may_see_money(call)
    account = call.account
    nodes = [
        Node("id", str(account.id)),
        Node("name", account.login),
        Node("currency", account.currency),
        Node("balance", _balance(call, call.options.subaccount_text)),
        Node("credit", plain(account.credit)),
    ]
    return page(call, [row(nodes)], lambda one: one)


def dashboard(call: Call) -> Document:
    """`dashboard.info`: the balance with its currency unless switched."""
    _may_see_money(call)
    account = call.account
    nodes = [
        Node("balance", _balance(call, call.options.dashboard_text)),
        Node("realbalance", plain(account.balance)),
        Node("available", call.amount(account.available)),
        Node("enoughmoneyto"),
    ]
    return Document(Shape.LIST, [row(nodes)], {"func": call.func})


def credit(call: Call) -> Document:
    """`dashboard.subaccount_credit`."""
    _may_see_money(call)
    account = call.account
    nodes = [Node("available_credit", call.amount(account.credit)), Node("credit", call.amount(account.credit))]
    return Document(Shape.LIST, [row(nodes)], {"func": call.func})


def user_settings(call: Call) -> Document:
    """`usrparam`: the account's own form, the balance among its fields."""
    _may_see_money(call)
    account = call.account
    nodes = [
        Node("id", str(account.id)),
        Node("name", account.login),
        Node("email", f"{account.login}@example.com"),
        Node("lang", call.lang),
        Node("balance", _balance(call, call.options.usrparam_text)),
    ]
    return Document(Shape.FORM, nodes, {"func": call.func})


def notices(call: Call) -> Document:
    """`notify`: the bell of the client area, which knows the balance."""
    _may_see_money(call)
    return Document(Shape.LIST, [Node("realbalance", plain(call.account.balance))], {"func": call.func})


def expenses(call: Call) -> Document:
    """`expense`: what was charged, newest first."""
    charges = [charge for charge in reversed(call.world.charges) if charge.owner == call.account.login]
    return page(call, charges, lambda charge: row(_charge_row(call, charge)))


def _charge_row(call: Call, charge: Charge) -> list[Node]:
    return [
        Node("id", str(charge.id)),
        Node("locale_name", say(charge.act, call.lang, item=charge.item_id)),
        Node("item", str(charge.item_id)),
        Node("amount", call.amount(charge.amount)),
        Node("realdate", charge.at.date().isoformat()),
    ]


def _may_see_money(call: Call) -> None:
    fault = call.fault("balance_access")
    if fault is not None:
        raise no_function(call.func) if fault.variant == "missed" else no_access(call.func)


def _balance(call: Call, style: str) -> str:
    """The balance in the function's own style; the switch for no-break spaces holds beside it."""
    is_spaced = style == "currency" and call.options.money_nbsp
    return in_style(call.account.balance, call.account.currency, "nbsp" if is_spaced else style)


FUNCTIONS = {
    "subaccount": subaccounts,
    "dashboard.info": dashboard,
    "dashboard.subaccount_credit": credit,
    "usrparam": user_settings,
    "notify": notices,
    "expense": expenses,
}
