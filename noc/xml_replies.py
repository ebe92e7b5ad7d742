"""XML replies → elements. They are rare (we ask for JSON), so they are read at once."""

from collections.abc import Mapping
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType
from typing import Final
from xml.parsers import expat

from noc.nodes import BUSY, MAX_DEPTH, Node, Unreadable

NAME_OF: Final = attrgetter("name")
NO_ATTRIBUTES: Final[Mapping[str, str]] = MappingProxyType({})


class XmlNode(Node):
    """An element that is read already."""

    def __init__(
        self,
        name: str,
        value: str = "",
        attributes: Mapping[str, str] = NO_ATTRIBUTES,
        nodes: tuple[Node, ...] = (),
    ) -> None:
        super().__init__(name)
        self._value, self._attributes, self._nodes = value, attributes, nodes

    @property
    def value(self) -> str:
        return self._value

    @property
    def attributes(self) -> Mapping[str, str]:
        return self._attributes

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self._nodes

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[Node, ...]]:
        found: dict[str, tuple[Node, ...]] = {}
        for name, same in groupby(sorted(self._nodes, key=NAME_OF), key=NAME_OF):
            found[name] = tuple(same)  # the sort is stable: the order they came in stays
        return found

    def children(self, name: str) -> tuple[Node, ...]:
        return self._by_name.get(name, ())


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
        node = XmlNode(name, "".join(texts).strip(), attributes, tuple(nodes))
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
        root = XmlNode("doc", nodes=(root,))
    if root is None or root.name != "doc":
        raise Unreadable("XML of another service", is_busy=bool(BUSY.search(text)))
    return root
