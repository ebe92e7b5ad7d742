"""Logging a person in to the partner account with one click: a one-time key (partner-api.md §2.3).

The key exists in memory, at the partner and in the answer to the one who clicked; it is never stored or logged.
"""

import secrets
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from noc.client import PartnerClient
from noc.hosts import DEFAULT_PATH, Endpoint, normalize_host
from noc.models import Server

KEY_BYTES: Final = 32
# Hosts that only programs talk to → where people log in. All others are both.
CLIENT_AREAS: Final = MappingProxyType(
    {
        "https://api-eu.ispmanager.com": "https://eu.ispmanager.com",
        "https://api.ispmanager.ru": "https://my.ispmanager.ru",
    }
)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a browser posts to `area` to be logged in. Good once and for moments only."""

    area: Endpoint
    username: str
    key: str = field(repr=False)


def client_area(server: Server) -> Endpoint:
    """Where people log in to this account: its own host, or the client area behind an API host."""
    endpoint = normalize_host(server.hostname, plain_http_hosts=settings.NOC_PLAIN_HTTP_HOSTS)
    area = CLIENT_AREAS.get(endpoint.origin)
    return Endpoint(area, DEFAULT_PATH) if area else endpoint


@sensitive_variables("key")
def make_ticket(client: PartnerClient, area: Endpoint) -> Ticket:
    """Registers a new key at the partner under the account's own name.

    Asked once: a second try with the same key could be taken for a forgery. Raises the tree of `noc.errors`:
    AuthFailed of type `access` where the account may not make keys.
    """
    key = secrets.token_hex(KEY_BYTES)
    client.hide(key)
    username = client.credentials.username
    client.read_once("session.newkey", username=username, key=key)
    return Ticket(area, username, key)
