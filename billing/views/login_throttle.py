"""Slows down the guessing of passwords: failures are counted per e-mail and address."""

import hashlib
from typing import Final

from django.core.cache import cache
from django.http import HttpRequest

LIMIT: Final = 5
WINDOW: Final = 15 * 60  # seconds


def is_locked(request: HttpRequest, email: str) -> bool:
    """Whether this address has failed too often with this e-mail."""
    failures: int = cache.get(_key(request, email), 0)
    return failures >= LIMIT


def note_failure(request: HttpRequest, email: str) -> None:
    """Counts one failure; the window starts with the first."""
    key = _key(request, email)
    if not cache.add(key, 1, WINDOW):
        try:
            cache.incr(key)
        except ValueError:
            # It ran out between the two calls: this failure is the first of a new window.
            cache.set(key, 1, WINDOW)


def forget_failures(request: HttpRequest, email: str) -> None:
    """A successful login starts anew."""
    cache.delete(_key(request, email))


def _key(request: HttpRequest, email: str) -> str:
    who = f"{email.strip().lower()}|{request.META.get('REMOTE_ADDR', '')}"
    return f"login-failures:{hashlib.sha256(who.encode()).hexdigest()}"
