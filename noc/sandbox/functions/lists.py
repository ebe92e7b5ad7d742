"""`<kind>`: lists with pages, sorting and filters."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from noc.sandbox.calls import Call
from noc.sandbox.document import Document, Node, Shape, done, row
from noc.sandbox.items import Item
from noc.sandbox.kinds.base import Kind, status_code
from noc.sandbox.lifecycle import observe

FILTER_FIELDS = (
    "id",
    "ip",
    "licname",
    "item",
    "CN",
    "pricelist",
    "period",
    "status",
    "opendate",
    "expiredate",
    "remoteid",
)
_DEFAULT_PAGE = 50


def list_items(call: Call, kind: Kind) -> Document:
    """A page of the account's items of one kind. A filter set earlier by `<kind>.filter` still holds: it is sticky."""
    held = call.world.held(call.account.login, kind.name)
    kept = list(held) if call.options.keep_deleted_rows else [item for item in held if item.is_live]
    wanted = dict(call.account.filters.get(kind.name, {}))
    if call.param("filter") == "on":
        wanted |= {name: call.param(name) for name in FILTER_FIELDS if call.param(name)}
    if wanted:
        kept = [item for item in kept if _passes(item, wanted, call)]
    return page(call, _sorted(kept, call, kind), lambda item: _observed_row(call, kind, item))


def set_filter(call: Call, list_name: str) -> Document:
    """`<list>.filter`: remembers the fields for all later lists of this account; without any it is cleared."""
    if not call.submitted:
        kept = call.account.filters.get(list_name, {})
        return Document(Shape.FORM, [Node(name, kept.get(name, "")) for name in FILTER_FIELDS], {"func": call.func})
    call.account.filters[list_name] = {name: call.param(name) for name in FILTER_FIELDS if call.param(name)}
    return done()


def page[T](call: Call, rows: Sequence[T], row_of: Callable[[T], Node]) -> Document:
    """The page `p_num` of `p_cnt` rows, with the total in `p_elems`. Only its rows are built."""
    number = max(1, _number(call.param("p_num"), 1))
    size = min(max(1, _number(call.param("p_cnt"), _DEFAULT_PAGE)), call.options.page_limit)
    if number > 1 and call.fault("moving_total"):
        rows = rows[1:]
    shown = rows[(number - 1) * size : number * size]
    paging = {"p_num": number, "p_cnt": size, "p_elems": len(rows)}
    nodes = [row_of(one) for one in shown]
    nodes += [Node(name, str(value)) for name, value in paging.items()]
    return Document(Shape.LIST, nodes, {"func": call.func})


def _observed_row(call: Call, kind: Kind, item: Item) -> Node:
    observe(item, call.today)
    return row(kind.row(item, call))


def _sorted(items: list[Item], call: Call, kind: Kind) -> list[Item]:
    """By the column of `p_col` (`+name`, `-name`); by id otherwise, the order in which items are kept."""
    column = call.param("p_col")
    name = column.lstrip("+-")
    if not name:
        return items
    if name == "id":
        return sorted(items, key=lambda item: item.id, reverse=column.startswith("-"))
    texts = {item.id: _text(kind.row(item, call), name) for item in items}
    return sorted(items, key=lambda item: (texts[item.id], item.id), reverse=column.startswith("-"))


def _text(nodes: Iterable[Node], name: str) -> str:
    return next((node.text for node in nodes if node.name == name), "")


def _passes(item: Item, wanted: Mapping[str, str], call: Call) -> bool:
    exact = {
        "id": str(item.id),
        "pricelist": str(item.tariff_id),
        "period": str(item.period),
        "status": status_code(item, call)[:1],
        "opendate": item.created_on.isoformat(),
        "expiredate": item.expires_on.isoformat() if item.expires_on else "",
        "remoteid": item.remoteid,
    }
    for name, value in wanted.items():
        if name in exact:
            if exact[name] != value:
                return False
        elif value.lower() not in item.fields.get(name, "").lower():
            return False
    return True


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default
