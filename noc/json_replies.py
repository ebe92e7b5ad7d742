"""JSON replies → elements. A page has a thousand rows of which little is asked: nothing is built before it is."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from noc.nodes import BUSY, MAX_DEPTH, Node, Unreadable, text_of

# A reply without the `doc` root is believed only if it has one of these: a gateway's own JSON must not pass for an
# empty list.
BARE_KEYS: Final = frozenset(
    {"func", "elem", "content", "model", "error", "id", "elid", "ok", "list", "slist", "p_elems", "p_num", "p_cnt"}
    | {"user", "auth", "pricelist", "billorder", "newexpiredate", "lickey", "doc"}
)


def read_json(text: str) -> Node:
    """json, xjson and bjson. Numbers stay text: money must not become a float on the way."""
    try:
        root = json.loads(text, parse_float=str, parse_int=str, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise Unreadable("JSON that breaks off", is_busy=bool(BUSY.search(text))) from None
    check_depth(root)
    if "doc" in root:
        document = root["doc"]
        if isinstance(document, list):
            document = document[0] if document else None
        extra = {"error": root["error"]} if root.get("error") else {}
        root = {**(document if isinstance(document, dict) else {}), **extra}
    elif not any(key in BARE_KEYS or key.startswith("$") for key in root):
        raise Unreadable("JSON of another service", is_busy=bool(BUSY.search(text)))
    return JsonNode("doc", hoist_model(root))


def refuse_constant(constant: str) -> str:
    raise ValueError(constant)


def check_depth(root: Mapping[str, Any]) -> None:
    """Refuses nesting without end, level by level, so that nothing that reads the tree can run out of stack."""
    level: list[Any] = [root]
    for _depth in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if outer.__class__ is dict else outer)
            if inner.__class__ is dict or inner.__class__ is list
        ]
        if not level:
            return
    raise Unreadable("nesting without end")


def hoist_model(root: dict[str, Any]) -> dict[str, Any]:
    """bjson keeps the fields of a form in `model`: make them children of the root, as elsewhere."""
    if "model" not in root:
        return root
    hoisted = {key: value for key, value in root.items() if key != "model"}
    for model in flatten(root["model"]):
        for key, value in model.items() if isinstance(model, dict) else ():
            if not key.startswith("$"):
                hoisted[key] = [hoisted[key], value] if key in hoisted else value
    return hoisted


def flatten(value: Any) -> Iterator[Any]:
    """A list → its items, one value → itself, null and false → nothing."""
    if isinstance(value, list):
        for item in value:
            yield from flatten(item)
    elif value is not None and value is not False:
        yield value


class JsonNode(Node):
    """One JSON value as an element: keys with `$` are attributes, `$` or a lone `v` is the text."""

    __slots__ = ("_raw",)

    def __init__(self, name: str, raw: Any) -> None:
        self.name = name
        self._raw = raw if raw.__class__ is dict else {"$": raw}

    @property
    def value(self) -> str:
        return text_of(self._raw)

    @property
    def attributes(self) -> Mapping[str, str]:
        return {key[1:]: text_of(value) for key, value in self._raw.items() if key.startswith("$") and key != "$"}

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(node for name in self._raw for node in self.children(name))

    def find_names(self, *, prefix: str = "", suffix: str = "") -> list[str]:
        return [name for name in self._raw if name.startswith(prefix) and name.endswith(suffix) and name[:1] != "$"]

    def children(self, name: str) -> tuple[Node, ...]:
        return tuple([JsonNode(name, item) for item in self._items(name)])

    def has(self, name: str) -> bool:
        return bool(self._items(name))

    def text(self, name: str, default: str = "") -> str:
        inner = self._raw.get(name)
        if inner is None:
            return self.attr(name) or default
        if inner.__class__ is dict:  # the usual shape, read without detours
            inner = inner.get("$")
        if inner.__class__ is str and (shown := inner.strip()):
            return shown
        for item in self._items(name):
            if shown := text_of(item):
                return shown
        return self.attr(name) or default

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(shown for item in self._items(name) if (shown := text_of(item)))

    def attr(self, name: str, default: str = "") -> str:
        key = f"${name}"
        return text_of(self._raw[key]) if key in self._raw else default

    def code(self, name: str) -> str:
        for item in self._items(name):
            if item.__class__ is dict and "$orig" in item and (shown := text_of(item["$orig"])):
                return shown
        sibling = f"{name}_orig"
        return self.text(sibling) if sibling in self._raw or f"${sibling}" in self._raw else ""

    def _items(self, name: str) -> Sequence[Any]:
        """The values that are children of this name."""
        inner = self._raw.get(name)
        if inner is None or inner is False or name[:1] == "$":
            return ()
        if inner.__class__ is list:
            return list(flatten(inner))
        if name == "v" and "$" not in self._raw and inner.__class__ is not dict:
            return ()  # the text of this element
        return (inner,)
