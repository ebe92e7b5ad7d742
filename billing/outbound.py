"""The one way out to services of others that are not the partner: time limits, size limits, no redirects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

MOST_BYTES: Final = 256 * 1024
CONNECT_SECONDS: Final = 5.0


class OutboundUnavailable(Exception):
    """The other side did not answer, or with something that is no answer."""


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """An answer in JSON with its HTTP status."""

    status: int
    data: Any


def post_json(url: str, payload: Mapping[str, Any], *, seconds: float) -> Any:
    """Posts JSON and reads JSON, whatever the HTTP status of the answer. Raises OutboundUnavailable."""
    return ask_json("POST", url, payload=payload, seconds=seconds).data


def ask_json(
    method: str,
    url: str,
    *,
    seconds: float,
    payload: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
) -> JsonAnswer:
    """Sends JSON and reads JSON, within about `seconds`. `url` is a trusted setting, never what a client typed.

    Raises OutboundUnavailable for everything but an answer in JSON, whatever its HTTP status.
    """
    timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=False, auth=auth) as client,
            client.stream(method, url, json=payload, headers=dict(headers or {})) as response,
        ):
            return JsonAnswer(response.status_code, _read_json(response))
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
