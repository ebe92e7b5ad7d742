"""Values out of the JSON of an admin call. Pure functions."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

type Data = Mapping[str, object]


class BadRequest(ValueError):
    """What was asked makes no sense, with the reason."""


def amount(data: Data, name: str, default: Decimal) -> Decimal:
    """An amount of money, `default` when absent. Raises BadRequest."""
    try:
        found = Decimal(str(data[name])) if data.get(name) is not None else default
    except InvalidOperation as error:
        raise BadRequest(f"{name} takes an amount like 12.50") from error
    if not found.is_finite():
        raise BadRequest(f"{name} takes an amount like 12.50")
    return found


def whole(data: Data, name: str) -> int:
    """A whole number, 0 when absent. Raises BadRequest."""
    try:
        return int(str(data.get(name) or 0))
    except ValueError as error:
        raise BadRequest(f"{name} takes a whole number") from error


def wholes(data: Data, name: str) -> list[int]:
    """A list of whole numbers, empty when absent. Raises BadRequest."""
    found = data.get(name) or []
    if not isinstance(found, list) or not all(type(one) is int for one in found):
        raise BadRequest(f"{name} takes a list of whole numbers")
    return found
