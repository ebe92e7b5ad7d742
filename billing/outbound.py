"""The one way out to services of others that are not the partner: time limits, size limits, no redirects."""

from collections.abc import Mapping
from typing import Any, Final

import httpx

MOST_BYTES: Final = 256 * 1024
CONNECT_SECONDS: Final = 5.0


class OutboundUnavailable(Exception):
    """The other side did not answer, or with something that is no answer."""


def post_json(url: str, payload: Mapping[str, Any], *, seconds: float) -> Any:
    """Posts JSON and reads JSON, within about `seconds`. `url` is a trusted setting, never what a client typed.

    Raises OutboundUnavailable for everything but an answer in JSON, whatever its HTTP status.
    """
    timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=False) as client,
            client.stream("POST", url, json=payload) as response,
        ):
            return _read_json(response)
    except httpx.HTTPError as error:
        raise OutboundUnavailable(type(error).__name__) from error


def _read_json(response: httpx.Response) -> Any:
    body = b""
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise OutboundUnavailable("The answer is too long.")
    try:
        return httpx.Response(200, content=body).json()
    except ValueError as error:
        raise OutboundUnavailable(f"HTTP {response.status_code}, no JSON") from error
