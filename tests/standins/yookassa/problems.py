"""Refusals in the shape of the API."""

from typing import Any
from uuid import uuid4


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, code: str, description: str, parameter: str = "") -> None:
        super().__init__(description)
        self.status = status
        self.body: dict[str, Any] = {"type": "error", "id": str(uuid4()), "code": code, "description": description}
        if parameter:
            self.body["parameter"] = parameter


def invalid(description: str, parameter: str) -> Refused:
    """400 for a wrong request."""
    return Refused(400, "invalid_request", description, parameter)


def not_found(description: str, parameter: str) -> Refused:
    """404 for an object that does not exist."""
    return Refused(404, "not_found", description, parameter)
