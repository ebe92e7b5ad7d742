"""WSGI alone, without a framework: what the server itself can answer."""

from collections.abc import Callable, Iterable
from typing import Any


def application(_environment: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Five bytes."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"Hello"]
