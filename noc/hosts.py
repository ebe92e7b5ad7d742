"""The address of a partner account: what an operator pastes → an origin and a path that credentials may go to."""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

import idna
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DEFAULT_PATH: Final = "/billmgr"
LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")


class HostInvalid(ValueError):
    """The text is no address of a partner; `message` says why in words."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self._message = message

    @property
    def message(self) -> str:
        """Words for an operator."""
        return str(self._message)

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where calls go: `https://my.ispmanager.ru` and `/billmgr`."""

    origin: str
    path: str = DEFAULT_PATH

    @property
    def url(self) -> str:
        """The whole address of calls."""
        return self.origin + self.path

    def __str__(self) -> str:
        return self.url


def normalize_host(text: str, *, plain_http_hosts: Collection[str] = ()) -> Endpoint:
    """Read a bare host, a pasted address with scheme, port, path or query; raises HostInvalid.

    The scheme becomes https, whatever was pasted; http stays only for a loopback address or a host named in
    `plain_http_hosts`, so that credentials never travel in clear (partner-api.md §1).
    """
    parts = split_address(text)
    host = check_host(parts.hostname or "")
    keeps_http = parts.scheme == "http" and (is_loopback(host) or host in {name.lower() for name in plain_http_hosts})
    scheme = "http" if keeps_http else "https"
    port = check_port(parts)
    if port in (80, 443):  # 80 was the port of the scheme that we replace
        port = None if scheme == "https" or port == 80 else port
    shown = f"[{host}]" if ":" in host else host
    return Endpoint(f"{scheme}://{shown}" + (f":{port}" if port else ""), check_path(parts.path))


def split_address(text: str) -> SplitResult:
    text = text.strip()
    if not text:
        raise HostInvalid(_("Enter the address of the partner, such as my.ispmanager.ru."))
    if re.search(r"[\s\\\x00-\x1f]", text):
        raise HostInvalid(_("The address must not contain spaces."))
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        raise HostInvalid(_("This is not an address of a host.")) from None
    if parts.scheme not in ("http", "https"):
        raise HostInvalid(_("Only https addresses can be used."))
    if "@" in parts.netloc:
        raise HostInvalid(_("Leave the username and password out of the address."))
    return parts


def check_host(host: str) -> str:
    """A domain name in ASCII, or an address in its usual form."""
    host = host.rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        name = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise HostInvalid(_("This is not an address of a host.")) from None
    labels = name.split(".")
    looks_like_number = re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1])
    if len(name) > 253 or looks_like_number or not all(LABEL.fullmatch(label) for label in labels):
        raise HostInvalid(_("This is not an address of a host."))
    return name


def check_port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        raise HostInvalid(_("The port is not a number between 1 and 65535.")) from None
    if port == 0:
        raise HostInvalid(_("The port is not a number between 1 and 65535."))
    return port


def check_path(path: str) -> str:
    path = path.rstrip("/")
    if not path:
        return DEFAULT_PATH
    if not PATH.fullmatch(path) or any(step in (".", "..") for step in path.split("/")):
        raise HostInvalid(_("The path of the address has characters that cannot be used."))
    return path


def is_loopback(host: str) -> bool:
    """127.0.0.0/8, ::1 or localhost."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
