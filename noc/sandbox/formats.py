"""One tree → XML, JSON (= xjson, sjson) or BJSON text. Pure functions."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from noc.sandbox.document import Document, Node, Shape

_CONTAINERS = frozenset({"doc", "elem", "list", "slist", "price", "error"})
_FORBIDDEN_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_JSON_NAMES = frozenset({"json", "xjson", "sjson"})


@dataclass(frozen=True, slots=True)
class Style:
    """How the partner's unclear corners are written.

    `single_as_object`: a list of one row is that row, not an array. `bjson_error`: `type`, `$type` or `$t`.
    """

    single_as_object: bool = False
    bjson_error: str = "type"


def render(document: Document, out: str, style: Style) -> tuple[str, str]:
    """(content type, body) of the answer; XML for every `out` that is not a JSON one, as the partner does."""
    if out in _JSON_NAMES:
        return "application/json; charset=UTF-8", _dump({"doc": json_tree(document, style)})
    if out == "bjson":
        return "application/json; charset=UTF-8", _dump(bjson_tree(document, style))
    return "text/xml; charset=UTF-8", xml_text(document)


def xml_text(document: Document) -> str:
    """The answer as XML text."""
    pieces = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write_xml(Node("doc", "", document.attributes, document.children), pieces.append)
    return "".join(pieces)


def json_tree(document: Document, style: Style) -> dict[str, object]:
    """What stands under `doc`: text → `{"$": text}`, attribute x → `$x`, repeated → array."""
    tree: dict[str, object] = {f"${name}": value for name, value in document.attributes.items()}
    return tree | _json_group(document.children, style)


def bjson_tree(document: Document, style: Style) -> dict[str, object]:
    """The flat form without a root: rows and forms hold plain strings, acts hold `{"v": text}`."""
    if document.shape is Shape.ERROR:
        return {"error": _bjson_error(document.children[0], style)}
    tree: dict[str, object] = dict(document.attributes)
    if document.shape is Shape.LIST:
        return tree | _bjson_group(document.children, style)
    if document.shape is Shape.FORM:
        plain = [child for child in document.children if not child.many]
        lists = [child for child in document.children if child.many]
        return {**tree, "model": _bjson_group(plain, style), **_bjson_group(lists, style)}
    if len(document.children) == 1 and document.children[0].name == "ok" and not document.children[0].text:
        return {"ok": True}
    return tree | _group(document.children, lambda node: _bjson_act(node, style), style)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _escape(text: str) -> str:
    if _FORBIDDEN_IN_XML.search(text):
        text = _FORBIDDEN_IN_XML.sub("", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _write_xml(node: Node, write: Callable[[str], None]) -> None:
    write(f"<{node.name}")
    for name, value in node.attributes.items():
        write(f' {name}="{_escape(value)}"')
    if not node.children and not node.text:
        write("/>")
        return
    write(f">{_escape(node.text)}")
    for child in node.children:
        _write_xml(child, write)
    write(f"</{node.name}>")


def _group(nodes: Iterable[Node], value_of: Callable[[Node], object], style: Style) -> dict[str, object]:
    """Siblings by name: one that may repeat, or does repeat, becomes an array."""
    tree: dict[str, object] = {}
    repeated: dict[str, list[object]] = {}
    for node in nodes:
        name, value = node.name, value_of(node)
        if name in repeated:
            repeated[name].append(value)
        elif name in tree:
            tree[name] = repeated[name] = [tree[name], value]
        elif node.many and not style.single_as_object:
            tree[name] = repeated[name] = [value]
        else:
            tree[name] = value
    return tree


def _json_group(nodes: Sequence[Node], style: Style) -> dict[str, object]:
    """Siblings by name, without detours where none repeats: rows, of which a long list has a thousand."""
    tree: dict[str, object] = {}
    for node in nodes:
        name, text, attributes, children, many = node
        if many or name in tree:
            return _group(nodes, lambda one: _json_value(one, style), style)
        is_plain = not attributes and not children and name not in _CONTAINERS
        tree[name] = {"$": text} if is_plain else _json_value(node, style)
    return tree


def _json_value(node: Node, style: Style) -> dict[str, object]:
    value: dict[str, object] = {f"${name}": text for name, text in node.attributes.items()}
    if node.children:
        value |= _json_group(node.children, style)
    elif node.text or node.name not in _CONTAINERS:
        value["$"] = node.text
    return value


def _bjson_group(nodes: Iterable[Node], style: Style) -> dict[str, object]:
    """Siblings as plain strings; attribute x of a plain field becomes a field of its own, `<name>_x`."""
    nodes = list(nodes)
    tree = _group(nodes, lambda node: _bjson_value(node, style), style)
    for node in nodes:
        if not node.many and not node.children:
            tree |= {f"{node.name}_{name}": value for name, value in node.attributes.items()}
    return tree


def _bjson_value(node: Node, style: Style) -> object:
    if node.children or (node.name in _CONTAINERS and not node.text):
        return {**node.attributes, **_bjson_group(node.children, style)}
    if node.many and node.attributes:
        return {**node.attributes, "v": node.text}
    return node.text


def _bjson_act(node: Node, style: Style) -> dict[str, object]:
    if node.children:
        return {**node.attributes, **_group(node.children, lambda child: _bjson_act(child, style), style)}
    return {**node.attributes, "v": node.text}


def _bjson_error(error: Node, style: Style) -> Mapping[str, object]:
    if style.bjson_error == "$type":
        return _json_value(error, style)
    value = _bjson_value(error, style)
    if isinstance(value, dict) and style.bjson_error == "$t":
        value["$t"] = value.pop("type")
    return value if isinstance(value, dict) else {}
