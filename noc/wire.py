"""A reply of the partner → one plain tree, whatever its format; the error is found first.

Formats (`out=`): xml, json (`doc` root, text under `$`, attributes under `$name`) and bjson (no root, flat values,
`model` for forms, `_orig` beside a displayed value). One row may come as an object instead of a list, an action's id as
`{"v": …}`, a date as a list of two. Everything else — HTML, a cut body, nothing — raises `Unreadable`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final
from xml.parsers import expat

MAX_DEPTH: Final = 60

# A reply without the `doc` root is believed only if it has one of these: a gateway's own JSON must not pass for an
# empty list.
BARE_KEYS: Final = frozenset(
    {"func", "elem", "content", "model", "error", "id", "elid", "ok", "list", "slist", "p_elems", "p_num", "p_cnt"}
    | {"user", "auth", "pricelist", "billorder", "newexpiredate", "lickey", "doc"}
)

BUSY: Final = re.compile(
    r"request (?:is )?(?:still )?in process|запрос обрабатывается|long\S{0,200}billmgr|runningoperation", re.IGNORECASE
)

NAME_OF: Final = attrgetter("name")
NO_ATTRIBUTES: Final[Mapping[str, str]] = MappingProxyType({})


class Unreadable(ValueError):
    """The body is no reply of the protocol. `is_busy`: it says that the request is still being worked on."""

    def __init__(self, reason: str, *, is_busy: bool = False) -> None:
        super().__init__(reason)
        self.is_busy = is_busy


@dataclass(frozen=True, slots=True)
class Fault:
    """The `error` element: the partner's codes, its words and its parameters (the last value of each name)."""

    type: str
    object: str
    message: str
    params: Mapping[str, str]


@dataclass(frozen=True)
class Node:
    """One element: its name, text, attributes and children in the order they came."""

    name: str
    value: str = ""
    attributes: Mapping[str, str] = NO_ATTRIBUTES
    nodes: tuple["Node", ...] = field(default=())

    @cached_property
    def _by_name(self) -> Mapping[str, tuple["Node", ...]]:
        found: dict[str, tuple[Node, ...]] = {}
        for name, same in groupby(sorted(self.nodes, key=NAME_OF), key=NAME_OF):
            found[name] = tuple(same)  # the sort is stable: the order they came in stays
        return found

    def children(self, name: str) -> tuple["Node", ...]:
        """All children of this name."""
        return self._by_name.get(name, ())

    def child(self, name: str) -> "Node | None":
        """The first child of this name that says anything, else the first one."""
        found = self.children(name)
        return next((node for node in found if node.value or node.nodes), found[0] if found else None)

    def has(self, name: str) -> bool:
        """Is there a child of this name, even an empty one?"""
        return name in self._by_name

    def text(self, name: str, default: str = "") -> str:
        """Text of the first non-empty child of this name; an attribute of this name counts too."""
        for node in self._by_name.get(name, ()):
            if node.value:
                return node.value
        return self.attributes.get(name) or default

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of all children of this name (dates have been seen twice in a row)."""
        return tuple(node.value for node in self.children(name) if node.value)

    def attr(self, name: str, default: str = "") -> str:
        """An attribute of this element."""
        return self.attributes.get(name, default)

    def code(self, name: str) -> str:
        """The value behind a displayed text: attribute `orig`, the sibling `<name>_orig`, else ""."""
        for node in self._by_name.get(name, ()):
            if shown := node.attributes.get("orig"):
                return shown
        return self.text(f"{name}_orig")

    def rows(self) -> tuple["Node", ...]:
        """The rows of a list: `elem`, or `content` of the interface's own JSON."""
        return self.children("elem") or self.children("content")

    def named_list(self, name: str) -> tuple["Node", ...]:
        """Entries of `list[$name=…]` or `slist[$name=…]`, also where the name is a key instead of an attribute."""
        for holder in (*self.children("list"), *self.children("slist")):
            if holder.text("name") == name:
                return tuple(node for node in holder.nodes if node.name in ("elem", "val"))
            if inner := holder.children(name):
                return tuple(e for node in inner for e in (node.children("elem") or node.children("val") or (node,)))
        return ()

    @property
    def error(self) -> Fault | None:
        """The error of this reply, wherever the format puts it; None if there is none."""
        for place in (self, *self.children("doc"), *self.children("model")):
            for node in place.children("error"):
                if node.value or node.nodes or node.attributes:
                    return read_fault(node)
        return None


def read_reply(body: bytes, content_type: str = "") -> Node:
    """Read a whole reply; the content type only tells the character set, the format is seen in the body.

    Raises `Unreadable`. An `error` element is no exception here: ask `.error` before anything else.
    """
    text = decode(body, content_type).strip().lstrip("\ufeff")
    if not text:
        raise Unreadable("an empty body")
    if text[0] == "{":
        return read_json(text)
    if text[0] == "<" and not re.match(r"<(?:!doctype\s+html|html|head|body)\b", text, re.IGNORECASE):
        return read_xml(text)
    is_busy = bool(BUSY.search(text))
    raise Unreadable("an HTML page" if text[0] == "<" else "plain text", is_busy=is_busy)


def decode(body: bytes, content_type: str) -> str:
    """Bytes → text; one broken letter in a name must not hide what a purchase answered."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    charset = re.search(r"charset=[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    try:
        return body.decode(charset[1] if charset else "utf-8", errors="replace")
    except LookupError:
        return body.decode("utf-8", errors="replace")


def read_json(text: str) -> Node:
    """json, xjson and bjson. Numbers stay text: money must not become a float on the way."""
    try:
        root = json.loads(text, parse_float=str, parse_int=str, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise Unreadable("JSON that breaks off", is_busy=bool(BUSY.search(text))) from None
    if "doc" in root:
        document = root["doc"]
        if isinstance(document, list):
            document = document[0] if document else None
        extra = {"error": root["error"]} if root.get("error") else {}
        return hoist_model(from_json("doc", {**(document if isinstance(document, dict) else {}), **extra}))
    if not any(key in BARE_KEYS or key.startswith("$") for key in root):
        raise Unreadable("JSON of another service", is_busy=bool(BUSY.search(text)))
    return hoist_model(from_json("doc", root))


def refuse_constant(constant: str) -> str:
    raise ValueError(constant)


def from_json(name: str, value: Any, depth: int = 0) -> Node:
    """One JSON value → an element; keys with `$` are attributes, `$` or a lone `v` is the text."""
    if depth > MAX_DEPTH:
        raise Unreadable("nesting without end")
    if not isinstance(value, dict):
        return Node(name, scalar(value))
    attributes: dict[str, str] = {}
    nodes: list[Node] = []
    text = scalar(value.get("$"))
    if len(value) == 1 and "$" in value:
        return Node(name, text)
    for key, inner in value.items():
        if key == "$":
            continue
        if key == "v" and "$" not in value and not isinstance(inner, (dict, list)):
            text = scalar(inner)
        elif key.startswith("$"):
            attributes[key[1:]] = scalar(inner)
        else:
            nodes.extend(from_json(key, item, depth + 1) for item in flatten(inner))
    return Node(name, text, attributes, tuple(nodes))


def flatten(value: Any, depth: int = 0) -> Iterator[Any]:
    """A list → its items, one value → itself, null and false → nothing."""
    if isinstance(value, list):
        if depth > MAX_DEPTH:
            raise Unreadable("nesting without end")
        for item in value:
            yield from flatten(item, depth + 1)
    elif value is not None and value is not False:
        yield value


def scalar(value: Any) -> str:
    """The text of a flat value; a bare true says "on" as the partner's forms do."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    if isinstance(value, bool):
        return "on" if value else ""
    return str(value).strip()


def hoist_model(root: Node) -> Node:
    """bjson keeps the fields of a form in `model`: make them children of the root, as elsewhere."""
    models = root.children("model")
    if not models:
        return root
    rest = tuple(node for node in root.nodes if node.name != "model")
    return Node(root.name, root.value, root.attributes, rest + tuple(node for model in models for node in model.nodes))


class Builder:
    """Collects expat's events into nodes; refuses DOCTYPE, so no entity can be declared."""

    def __init__(self) -> None:
        self.open: list[tuple[str, dict[str, str], list[str], list[Node]]] = []
        self.root: Node | None = None

    def doctype(self, *_: object) -> None:
        raise Unreadable("XML with a DOCTYPE")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise Unreadable("nesting without end")
        self.open.append((name, attributes, [], []))

    def data(self, text: str) -> None:
        self.open[-1][2].append(text)

    def end(self, _: str) -> None:
        name, attributes, texts, nodes = self.open.pop()
        node = Node(name, "".join(texts).strip(), attributes, tuple(nodes))
        if self.open:
            self.open[-1][3].append(node)
        else:
            self.root = node


def read_xml(text: str) -> Node:
    """XML with the root `doc` (or a lone `error`); anything else is somebody's page."""
    builder = Builder()
    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = builder.doctype
    parser.StartElementHandler = builder.start
    parser.CharacterDataHandler = builder.data
    parser.EndElementHandler = builder.end
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError:
        raise Unreadable("XML that breaks off", is_busy=bool(BUSY.search(text))) from None
    root = builder.root
    if root is not None and root.name == "error":
        root = Node("doc", nodes=(root,))
    if root is None or root.name != "doc":
        raise Unreadable("XML of another service", is_busy=bool(BUSY.search(text)))
    return hoist_model(root)


def read_fault(node: Node) -> Fault:
    """The `error` element in every shape seen: attributes or flat names, a plug-in's JSON inside `msg` or `object`."""
    params = {param.text("name"): param.value or param.text("value") for param in node.children("param")}
    kind = node.text("type") or node.text("t")
    target = node.text("object") or params.get("object", "")
    message = node.text("msg") or node.value
    inner = json_object(target)
    if inner is not None:
        target = first_text(inner, "object", "code", "type", "name")
        message = message or first_text(inner, "msg", "message", "error")
    inner = json_object(message)
    if inner is not None:
        message = first_text(inner, "msg", "message", "error") or message
    return Fault(kind[:100], target[:100], " ".join(message.split())[:2000], params)


def json_object(text: str) -> Mapping[str, Any] | None:
    """The object that a plug-in wrote as text, if it is one."""
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def first_text(value: Mapping[str, Any], *names: str) -> str:
    """The first of these names that holds a text."""
    return next((found for name in names if (found := from_json(name, value.get(name)).value)), "")
