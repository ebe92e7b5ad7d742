"""The basket: orders that nobody has paid. `basket`, `cart.empty`, `order`."""

from collections.abc import Iterable
from decimal import Decimal

from noc.sandbox import lifecycle
from noc.sandbox.calls import Call
from noc.sandbox.document import Document, Node, Shape, done, named_list, row
from noc.sandbox.items import BasketLine, Billorder, Status
from noc.sandbox.money import plain
from noc.sandbox.refusals import Refusal, invalid


def basket(call: Call) -> Document:
    """What waits for payment; with `sok`: `clicked_button` delete (an order or an item), clearbasket or free."""
    if not call.submitted:
        return _contents(call)
    button = call.param("clicked_button")
    if button == "clearbasket":
        named = call.param("id")
        _drop(call, [_billorder(call, named)] if named else _own(call))
    elif button == "delete":
        _delete_one(call, call.param("id"))
    elif button == "free":
        _complete_free(call)
    else:
        raise invalid("clicked_button", button)
    return done()


def empty_cart(call: Call) -> Document:
    """`cart.empty`: the newer name of clearing."""
    _drop(call, _own(call))
    return done()


def open_orders(call: Call) -> Document:
    """`order`: ids of the orders in the basket."""
    rows = [row([Node("id", str(one.id)), Node("cost", plain(_total([one])))]) for one in _own(call)]
    return Document(Shape.LIST, [named_list("openlist", rows)], {"func": call.func})


def _own(call: Call) -> list[Billorder]:
    return [one for one in call.world.billorders.values() if one.owner == call.account.login]


def _billorder(call: Call, text: str) -> Billorder:
    found = next((one for one in _own(call) if str(one.id) == text), None)
    if found is None:
        raise Refusal("missed", "billorder", "no_billorder")
    return found


def _contents(call: Call) -> Document:
    orders = _own(call)
    rows = [row(_line_row(call, one, line)) for one in orders for line in one.lines]
    nodes = [
        Node("billorder", str(orders[-1].id) if orders else ""),
        Node("total_sum", call.amount(_total(orders))),
        Node("tax", call.amount(Decimal(0))),
        Node("full_discount", call.amount(Decimal(0))),
        named_list("itemlist", rows),
    ]
    return Document(Shape.LIST, nodes, {"func": call.func})


def _line_row(call: Call, order: Billorder, line: BasketLine) -> list[Node]:
    item = call.world.items[line.item_id]
    return [
        Node("id", str(line.item_id)),
        Node("billorder", str(order.id)),
        Node("item.id", str(line.item_id)),
        Node("item.type", item.kind),
        Node("item.period", str(line.period)),
        Node("item.autoprolong", "null" if item.autoprolong is None else str(item.autoprolong)),
        Node("type", line.act),
        Node("cost", call.amount(line.cost)),
    ]


def _total(orders: Iterable[Billorder]) -> Decimal:
    return sum((line.cost for one in orders for line in one.lines), Decimal(0))


def _delete_one(call: Call, text: str) -> None:
    """An order of the basket, or one item out of it, by id."""
    holding = next((one for one in _own(call) if any(str(line.item_id) == text for line in one.lines)), None)
    if holding is None:
        _drop(call, [_billorder(call, text)])
        return
    for line in [line for line in holding.lines if str(line.item_id) == text]:
        holding.lines.remove(line)
        _give_up(call, line)
    if not holding.lines:
        call.world.billorders.pop(holding.id, None)


def _drop(call: Call, orders: list[Billorder]) -> None:
    for one in orders:
        call.world.billorders.pop(one.id, None)
        for line in one.lines:
            _give_up(call, line)


def _give_up(call: Call, line: BasketLine) -> None:
    """An item that was never paid goes with its order; a renewal only loses its line."""
    item = call.world.items[line.item_id]
    if item.status is Status.ORDERED:
        lifecycle.delete(call.world, item, call.now)
    call.did("clear_basket", item)


def _complete_free(call: Call) -> None:
    """Complete the orders that cost nothing. Raises Refusal when there is none."""
    free = [one for one in _own(call) if not _total([one])]
    if not free:
        raise Refusal("value", "total_sum", "invalid", field="total_sum")
    for one in free:
        del call.world.billorders[one.id]
        for line in one.lines:
            item = call.world.items[line.item_id]
            lifecycle.activate(call, item)
            call.did("order", item)


FUNCTIONS = {"basket": basket, "cart.empty": empty_cart, "order": open_orders}
