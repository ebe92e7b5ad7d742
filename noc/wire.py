"""A reply of the partner → one plain tree, whatever its format; the error is found first.

Formats (`out=`): xml, json (`doc` root, text under `$`, attributes under `$name`) and bjson (no root, flat values,
`model` for forms, `_orig` beside a displayed value). One row may come as an object instead of a list, an action's id as
`{"v": …}`, a date as a list of two. Everything else — HTML, a cut body, nothing — raises `Unreadable`.
"""

import re
from typing import Final

from noc.json_replies import read_json
from noc.nodes import BUSY, Fault, Node, Unreadable
from noc.xml_replies import read_xml

__all__ = ["BUSY", "Fault", "Node", "Unreadable", "read_reply"]

HTML: Final = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)


def read_reply(body: bytes, content_type: str = "") -> Node:
    """Read a whole reply; the content type only tells the character set, the format is seen in the body.

    Raises `Unreadable`. An `error` element is no exception here: ask `.error` before anything else.
    """
    text = decode(body, content_type).strip().lstrip("\ufeff")
    if not text:
        raise Unreadable("an empty body")
    if text[0] == "{":
        return read_json(text)
    if text[0] == "<" and not HTML.match(text):
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
