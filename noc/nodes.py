"""The plain tree that every reply becomes, whatever its format, and the error that may hide in it."""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

MAX_DEPTH: Final = 60

BUSY: Final = re.compile(
    r"request (?:is )?(?:still )?in process|запрос обрабатывается|long\S{0,200}billmgr|runningoperation", re.IGNORECASE
)


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


class Node(ABC):
    """One element: its name, text, attributes and children in the order they came."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    @abstractmethod
    def value(self) -> str:
        """Its text, trimmed."""

    @property
    @abstractmethod
    def attributes(self) -> Mapping[str, str]:
        """All its attributes."""

    @property
    @abstractmethod
    def nodes(self) -> tuple["Node", ...]:
        """All its children."""

    @abstractmethod
    def children(self, name: str) -> tuple["Node", ...]:
        """All children of this name."""

    def find_names(self, *, prefix: str = "", suffix: str = "") -> list[str]:
        """Names of children that begin and end so, in the order they came."""
        names = dict.fromkeys(node.name for node in self.nodes)
        return [name for name in names if name.startswith(prefix) and name.endswith(suffix)]

    def child(self, name: str) -> "Node | None":
        """The first child of this name that says anything, else the first one."""
        found = self.children(name)
        return next((node for node in found if node.value or node.nodes), found[0] if found else None)

    def has(self, name: str) -> bool:
        """Is there a child of this name, even an empty one?"""
        return bool(self.children(name))

    def text(self, name: str, default: str = "") -> str:
        """Text of the first non-empty child of this name; an attribute of this name counts too."""
        for node in self.children(name):
            if node.value:
                return node.value
        return self.attr(name) or default

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of all children of this name (dates have been seen twice in a row)."""
        return tuple(node.value for node in self.children(name) if node.value)

    def attr(self, name: str, default: str = "") -> str:
        """An attribute of this element."""
        return self.attributes.get(name, default)

    def code(self, name: str) -> str:
        """The value behind a displayed text: attribute `orig`, the sibling `<name>_orig`, else ""."""
        for node in self.children(name):
            if shown := node.attr("orig"):
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


def text_of(value: Any) -> str:
    """The text of one JSON value: `$`, a lone `v`, or the value itself; a bare true says "on" as forms do."""
    if isinstance(value, dict):
        value = value["$"] if "$" in value else value.get("v")
    if isinstance(value, str):
        return value.strip()
    if value is None or isinstance(value, (dict, list)):
        return ""
    if isinstance(value, bool):
        return "on" if value else ""
    return str(value).strip()


def read_fault(node: Node) -> Fault:
    """The `error` element in every shape seen: attributes or flat names, a plug-in's JSON inside `msg` or `object`."""
    params = {param.text("name"): param.value or param.text("value") for param in node.children("param")}
    kind = node.text("type") or node.text("t")
    target = node.text("object") or params.get("object", "")
    message = node.text("msg") or node.value
    inner = _json_object(target)
    if inner is not None:
        target = _first_text(inner, "object", "code", "type", "name")
        message = message or _first_text(inner, "msg", "message", "error")
    inner = _json_object(message)
    if inner is not None:
        message = _first_text(inner, "msg", "message", "error") or message
    return Fault(kind[:100], target[:100], " ".join(message.split())[:2000], params)


def _json_object(text: str) -> Mapping[str, Any] | None:
    """The object that a plug-in wrote as text, if it is one."""
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _first_text(value: Mapping[str, Any], *names: str) -> str:
    """The first of these names that holds a text."""
    return next((found for name in names if (found := text_of(value.get(name)))), "")
