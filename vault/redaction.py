"""Takes secrets out of what is logged or kept of a call: form bodies, JSON, bjson, XML, PEM blocks. Pure functions."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

MASK: Final = "***"
SHORTEST_LITERAL: Final = 3  # a shorter secret would blank out half of the text

SECRET_NAME: Final = re.compile(
    r"(?:[\w.-]*(?:passw(?:or)?d|authinfo|secret|(?:private|priv|access|api|secret)[_-]?key|bitninja_?key)[\w.-]*"
    r"|pkey|crt|lickey(?:_\w+)?|passphrase|auth|auth_?id|token|key|session_?id|sid|billmgrses\d*)",
    re.IGNORECASE,
)
NAME: Final = SECRET_NAME.pattern

FORM_PAIR: Final = re.compile(rf"(?<![\w.$-])({NAME})=([^&\s\"'<>;,)\]}}]+)", re.IGNORECASE)
# `$key` is the code of an entry in a list of choices, no secret.
JSON_NAME: Final = re.compile(rf"([\"'])(?:\$(?!key\1))?(?:{NAME})\1\s*:\s*", re.IGNORECASE)
JSON_PARAM: Final = re.compile(
    rf"(\"\$?name\"\s*:\s*\"(?:{NAME})\"\s*,\s*\"\$?(?:value)?\"\s*:\s*\")(?:[^\"\\]|\\.)*", re.IGNORECASE
)
XML_ELEMENT: Final = re.compile(rf"<({NAME})(?=[\s>])[^>]*(?<!/)>.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
XML_PARAM: Final = re.compile(rf"(<param\b[^>]*\bname=[\"'](?:{NAME})[\"'][^>]*>)[^<]*", re.IGNORECASE)
XML_ATTRIBUTE: Final = re.compile(rf"(\s(?!key=)(?:{NAME})=)(\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))", re.IGNORECASE)
PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN[A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END[A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
CLOSING: Final = {"{": "}", "[": "]"}


def redact_params(params: Mapping[str, str]) -> dict[str, str]:
    """Parameters of a call with the secret ones masked and their names kept."""
    return {
        name: MASK if value and SECRET_NAME.fullmatch(name) else redact_text(value) for name, value in params.items()
    }


def redact_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Text with values of secret names, private keys and the given literal secrets masked; cut texts too."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        for spelling in spellings(secret):
            text = text.replace(spelling, MASK)
    text = PRIVATE_KEY.sub(MASK, text)
    text = XML_ELEMENT.sub(rf"<\1>{MASK}</\1>", text)
    text = XML_PARAM.sub(rf"\g<1>{MASK}", text)
    text = XML_ATTRIBUTE.sub(rf'\g<1>"{MASK}"', text)
    text = JSON_PARAM.sub(rf"\g<1>{MASK}", text)
    text = redact_json(text)
    return FORM_PAIR.sub(rf"\g<1>={MASK}", text)


def spellings(secret: str) -> set[str]:
    """The secret as it may be written in a form body, JSON or XML."""
    if len(secret) < SHORTEST_LITERAL:
        return set()
    quoted = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    return {secret, *quoted, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], escape(secret)}


def redact_json(text: str) -> str:
    """Masks the value behind each secret name, be it text, number, object or list, also where the text breaks off."""
    parts: list[str] = []
    position = 0
    for match in JSON_NAME.finditer(text):
        if match.start() < position:  # inside a value already masked
            continue
        parts += [text[position : match.end()], f'"{MASK}"']
        position = skip_value(text, match.end())
    return "".join(parts) + text[position:]


def skip_value(text: str, start: int) -> int:
    """The index behind the JSON value that begins at `start`."""
    first = text[start : start + 1]
    if first in ("'", '"'):
        return skip_string(text, start)
    if first in CLOSING:
        return skip_nested(text, start)
    literal = re.compile(r"[^,}\]\s]*").match(text, start)
    return literal.end() if literal else start


def skip_string(text: str, start: int) -> int:
    quote_mark = text[start]
    index = start + 1
    while index < len(text):
        if text[index] == "\\":
            index += 1
        elif text[index] == quote_mark:
            return index + 1
        index += 1
    return len(text)


def skip_nested(text: str, start: int) -> int:
    depth, index = 0, start
    while index < len(text):
        letter = text[index]
        if letter == '"':
            index = skip_string(text, index)
            continue
        depth += (letter in "{[") - (letter in "}]")
        index += 1
        if depth == 0:
            return index
    return len(text)
