"""XML from outside: no document type, no entities, no depth without end; every element knows its line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from django.utils.translation import gettext as _

from billing.statements.transfers import StatementUnreadable

_DEEPEST: Final = 60
# Ten thousand transfers have fewer; empty elements by the million would fill the memory.
_MOST_ELEMENTS: Final = 600_000


@dataclass(slots=True)
class Element:
    """An element by its name without the namespace."""

    name: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, path: str) -> Iterator["Element"]:
        """The elements behind `Ntry/NtryDtls/TxDtls`."""
        first, _slash, rest = path.partition("/")
        for child in self.children:
            if child.name == first:
                yield from child.all(rest) if rest else (child,)

    def find(self, path: str) -> "Element | None":
        """The first of them."""
        return next(self.all(path), None)

    def read(self, *paths: str) -> str:
        """The text of the first path that has one, "" for none."""
        return next((text for path in paths for found in self.all(path) if (text := found.text.strip())), "")


def parse_xml(content: bytes) -> Element:
    """The root element. Raises StatementUnreadable."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    parser.StartElementHandler = lambda name, attributes: reader.start(name, attributes, parser.CurrentLineNumber)
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.add_text
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise StatementUnreadable(_("This is not well-formed XML."), line=error.lineno) from error
    except (LookupError, ValueError) as error:
        raise StatementUnreadable(_("The encoding of this file is unknown.")) from error
    assert reader.root is not None
    return reader.root


class _Reader:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str], line: int) -> None:
        element = Element(name.rpartition("}")[2], attributes, line)
        self._count += 1
        if self._count > _MOST_ELEMENTS:
            raise StatementUnreadable(_("There are more elements than a statement has."), line=line)
        if len(self._open) >= _DEEPEST:
            raise StatementUnreadable(_("The elements are nested too deep."), line=line)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        self._open.pop()

    def add_text(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text

    def refuse(self, *_what: object) -> None:
        raise StatementUnreadable(_("A statement has no document type and no entities: this file is not taken."))
