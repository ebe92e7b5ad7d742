"""Money for an act: taken at once, refused, or the act is left in the basket."""

from decimal import Decimal

from noc.sandbox.calls import Call
from noc.sandbox.document import Document, Node, done
from noc.sandbox.items import BasketLine, Item
from noc.sandbox.refusals import Refusal


def is_paid_now(call: Call, cost: Decimal) -> bool:
    """Whether the account can pay. Where it cannot, one reading of the protocol raises Refusal, the other is False.

    The fault `no_money` makes a rich account poor and chooses the reading by its variant.
    """
    fault = call.fault("no_money")
    if fault is None and (not cost or call.account.available >= cost):
        return True
    reading = fault.variant if fault else call.options.no_money
    if reading == "basket":
        return False
    required, balance, credit = (call.amount(one) for one in (cost, call.account.balance, call.account.credit))
    raise Refusal("money", "balance", "no_money", required=required, balance=balance, credit=credit)


def leave_in_basket(call: Call, item: Item, act: str, period: int, cost: Decimal, *, ok: str) -> Document:
    """Put an unpaid act into an order of its own. `ok` is where a browser would go; `{billorder}` in it is filled."""
    billorder = call.world.add_billorder(call.account.login)
    billorder.lines.append(BasketLine(item.id, act, period, cost))
    call.did("basket", item)
    nodes = [Node("id", str(item.id)), Node("billorder", str(billorder.id))]
    return done(*nodes, ok=ok.format(billorder=billorder.id))


def take_money(call: Call, item: Item, act: str, cost: Decimal) -> None:
    """Charge the caller's account."""
    call.world.charge(call.account, item, act, cost, call.now)
