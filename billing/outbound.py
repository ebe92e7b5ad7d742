"""The one way out to services of others that are not the partner: time limits, size limits, no redirects."""

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
from django.conf import settings

MOST_BYTES: Final = 256 * 1024
CONNECT_SECONDS: Final = 5.0


class OutboundUnavailable(Exception):
    """The other side did not answer, or with something that is no answer."""


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """An answer in JSON with its HTTP status."""

    status: int
    data: Any


class OutboundRefused(Exception):
    """An address that somebody typed is none that we talk to."""


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
    try:
        with (
            httpx.Client(timeout=_timeout(seconds), follow_redirects=False, auth=auth) as client,
            client.stream(method, url, json=payload, headers=dict(headers or {})) as response,
        ):
            return JsonAnswer(response.status_code, _read_json(response))
    except httpx.HTTPError as error:
        raise OutboundUnavailable(type(error).__name__) from error


def post_to_stranger(url: str, body: bytes, *, headers: Mapping[str, str], seconds: float) -> int:
    """Posts to an address that an operator typed; the HTTP status, of the answer nothing else is read.

    Only over https and only to public addresses, but for the hosts in OUTBOUND_PRIVATE_HOSTS: nobody can have the
    portal talk to its own network. The address that was judged is the one that is connected to. Raises OutboundRefused,
    OutboundUnavailable.
    """
    target = read_stranger_url(url)
    judged = _judge_addresses(target)
    request_headers = {**headers, "Host": target.netloc.decode()}
    try:
        # No proxy of the environment: it would look the name up itself.
        with (
            httpx.Client(timeout=_timeout(seconds), follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST",
                target.copy_with(host=judged),
                content=body,
                headers=request_headers,
                extensions={"sni_hostname": target.host},
            ) as response,
        ):
            return response.status_code
    except httpx.HTTPError as error:
        raise OutboundUnavailable(type(error).__name__) from error


def read_stranger_url(url: str) -> httpx.URL:
    """The parsed address. Raises OutboundRefused for what is none, or not https."""
    try:
        target = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise OutboundRefused("This is no address.") from error
    is_private = target.host in settings.OUTBOUND_PRIVATE_HOSTS
    if not target.host or target.userinfo or target.scheme not in (("http", "https") if is_private else ("https",)):
        raise OutboundRefused("Only https addresses without a login are posted to.")
    return target


def _judge_addresses(target: httpx.URL) -> str:
    """An IP address of the host. Raises OutboundRefused if any of them is private."""
    try:
        found = socket.getaddrinfo(target.host, target.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise OutboundUnavailable("The name of the host is not known.") from error
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if target.host not in settings.OUTBOUND_PRIVATE_HOSTS and not all(_is_public(one) for one in addresses):
        raise OutboundRefused("The host has an address in a private network.")
    return str(addresses[0])


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    return inner.is_global and not inner.is_multicast and address.is_global


def _timeout(seconds: float) -> httpx.Timeout:
    return httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))


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
