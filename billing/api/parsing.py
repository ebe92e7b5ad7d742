"""JSON of requests, judged before anything reads it: depth, numbers, and characters that no database keeps."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any, Final

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

MOST_NESTED: Final = 20
MOST_DIGITS: Final = 40


class StrictJSONParser(JSONParser):
    """Numbers with a point become Decimal, never float. Raises ParseError, and ValidationError for bad characters."""

    def parse(self, stream: IO[Any], media_type: Any = None, parser_context: Any = None) -> Any:
        """The document. Django has refused what is larger than DATA_UPLOAD_MAX_MEMORY_SIZE."""
        try:
            text = stream.read().decode("utf-8-sig")
            document = json.loads(text, parse_float=_parse_decimal, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is not JSON: %(error)s") % {"error": error}) from error
        faults = {path: [message] for path, message in _find_faults(document)}
        if faults:
            raise ValidationError(faults)
        return document


def _parse_decimal(text: str) -> Decimal:
    number = Decimal(text)
    # int() of 1E+999999999 would not end.
    if len(text) > MOST_DIGITS or abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError(_("A number is out of range."))
    return number


def _refuse(name: str) -> None:
    raise ValueError(_("%(name)s is not a number of JSON.") % {"name": name})


def _find_faults(document: Any) -> Iterator[tuple[str, str]]:
    """(path, message) for each text that cannot be stored. Raises ParseError for what is nested too deeply."""
    waiting: list[tuple[str, int, Any]] = [("", 0, document)]
    while waiting:
        path, depth, value = waiting.pop()
        if depth > MOST_NESTED:
            raise ParseError(_("The body is nested too deeply."))
        if isinstance(value, str) and not _can_be_stored(value):
            yield path, _("Remove the characters that cannot be printed.")
        elif isinstance(value, dict):
            if not all(map(_can_be_stored, value)):
                yield path, _("Remove the characters that cannot be printed.")
            waiting += [(_join(path, key), depth + 1, inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(_join(path, index), depth + 1, inner) for index, inner in enumerate(value)]


def _can_be_stored(text: str) -> bool:
    """PostgreSQL keeps no NUL, and half a surrogate pair is not text in any encoding."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _join(path: str, step: str | int) -> str:
    return f"{path}.{step}" if path else str(step)
