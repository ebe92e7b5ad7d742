"""What an HTTP call to the partner brought, before anybody asks what it means for the call."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from noc.wire import Node, Unreadable

LOGIN_FUNCTIONS: Final = ("logon", "auth", "totp.confirm")


@dataclass(slots=True)
class Reply:
    """What one HTTP call brought: an answer, or why there is none."""

    status_code: int | None = None
    body: bytes = b""
    content_type: str = ""
    location: str = ""
    trouble: str | Promise = ""
    was_sent: bool = True


def is_file(reply: Reply) -> bool:
    """A body that is neither a reply of the protocol nor somebody's page."""
    is_success = reply.status_code is not None and httpx.codes.is_success(reply.status_code) and not reply.trouble
    return is_success and bool(reply.body) and reply.body.lstrip()[:1] not in (b"<", b"{", b"[")


def asks_login(node: Node, func: str) -> bool:
    """A login form instead of an answer: it would read as an empty list."""
    shows_login = node.text("func") in LOGIN_FUNCTIONS and func not in LOGIN_FUNCTIONS
    return shows_login or node.text("ok").startswith("func=totp.confirm")


def describe_unreadable(reply: Reply, error: Unreadable) -> str | Promise:
    """Why there is no reply of the protocol, in words."""
    if reply.location:
        return _("The partner sends us elsewhere (HTTP %(code)s, %(host)s): check the address.") % {
            "code": reply.status_code,
            "host": urlsplit(reply.location).netloc or "?",
        }
    if error.is_busy:
        return _("The partner is still at work on this.")
    return _("The partner answered with %(what)s (HTTP %(code)s).") % {"what": str(error), "code": reply.status_code}
