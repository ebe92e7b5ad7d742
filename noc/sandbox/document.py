"""One answer as a tree, before it becomes XML, JSON or BJSON. Pure data."""

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple, Self

from noc.sandbox.wording import field_title

NOTHING: Mapping[str, str] = MappingProxyType({})


class Node(NamedTuple):
    """One element. `many` marks elements that may repeat: JSON keeps them in an array even when there is one."""

    name: str
    text: str = ""
    attributes: Mapping[str, str] = NOTHING
    children: Sequence["Node"] = ()
    many: bool = False


class Shape(Enum):
    """What kind of answer this is; only BJSON, which has no common root, lays them out differently."""

    LIST = "list"
    FORM = "form"
    ACTION = "action"
    ERROR = "error"


class File(NamedTuple):
    """An answer that is no document at all but a file."""

    content: bytes
    content_type: str


class Document(NamedTuple):
    """A whole answer: the children of `doc` and its attributes. A `file` goes out in its place."""

    shape: Shape
    children: Sequence[Node]
    attributes: Mapping[str, str] = NOTHING
    file: File | None = None

    def without(self, name: str) -> Self:
        """The same answer with every direct child called `name` left out."""
        return self._replace(children=[child for child in self.children if child.name != name])


def row(children: Sequence[Node]) -> Node:
    """One row of a list."""
    return Node("elem", children=children, many=True)


def named_list(name: str, rows: Sequence[Node]) -> Node:
    """A list inside a document, found by its name (`list[$name=itemlist]`)."""
    return Node("list", attributes={"name": name}, children=rows, many=True)


def choices(name: str, values: Sequence[tuple[str, str]]) -> Node:
    """The values that a form field accepts, as (key, text)."""
    vals = [Node("val", text, {"key": key}, many=True) for key, text in values]
    return Node("slist", attributes={"name": name}, children=vals, many=True)


def done(*children: Node, ok: str = "") -> Document:
    """The answer to an act: what it made, then `ok`, whose text is where a browser would go next."""
    return Document(Shape.ACTION, [*children, Node("ok", ok)])


def failed(
    kind: str, about: str, message: str, *, params: Sequence[tuple[str, str]] = (), lang: str = "en"
) -> Document:
    """An error answer. HTTP stays 200: the error is in the body."""
    shown = [Node("param", about, {"name": "object", "type": "msg", "msg": field_title(about, lang)}, many=True)]
    shown += [Node("param", value, {"name": name}, many=True) for name, value in params]
    children = [*shown, Node("stack"), Node("group", message), Node("msg", message)]
    return Document(Shape.ERROR, [Node("error", "", {"type": kind, "object": about, "lang": lang}, children)])


def as_plugin_error(document: Document) -> Document:
    """The same error as a partner's plug-in words it: its message an array with JSON text, its object a JSON string."""
    if document.shape is not Shape.ERROR:
        return document
    error = document.children[0]
    about = json.dumps({"object": error.attributes["object"]}, ensure_ascii=False)
    children = [child for child in error.children if child.name != "msg"]
    message = next(child.text for child in error.children if child.name == "msg")
    children.append(Node("msg", json.dumps({"msg": message}, ensure_ascii=False), many=True))
    restyled = error._replace(attributes={**error.attributes, "object": about}, children=children)
    return document._replace(children=[restyled])
