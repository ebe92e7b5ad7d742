"""Slows down who tries many values: passwords of an e-mail, e-mails that might have an account."""

import hashlib
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


class Throttle:
    """So many failures in so many seconds, and nothing more is tried until they are over. Counted in the cache."""

    def __init__(self, name: str, *, limit: int, window: int) -> None:
        self.name, self.limit, self.window = name, limit, window

    @property
    def minutes(self) -> int:
        """How long whoever failed too often waits at most."""
        return self.window // 60

    def is_locked(self, *who: str) -> bool:
        """Whether this one has failed too often."""
        failures: int = cache.get(self._key(who), 0)
        return failures >= self.limit

    def note_failure(self, *who: str, of: str = "") -> None:
        """Counts one failure; the window starts with the first. `of`: what has failed counts once in it."""
        if of and not cache.add(self._key((*who, of)), True, self.window):
            return
        key = self._key(who)
        if not cache.add(key, 1, self.window):
            try:
                cache.incr(key)
            except ValueError:
                # It ran out between the two calls: this failure is the first of a new window.
                cache.set(key, 1, self.window)

    def forget_failures(self, *who: str) -> None:
        """A success starts anew."""
        cache.delete(self._key(who))

    def _key(self, who: tuple[str, ...]) -> str:
        return f"{self.name}:{hashlib.sha256('|'.join(who).encode()).hexdigest()}"


# Of an e-mail from an address.
PASSWORDS: Final = Throttle("login-failures", limit=5, window=15 * 60)
# Different e-mails with an account that come from an address: whoever asks for many wants to know which ones have one.
KNOWN_EMAILS: Final = Throttle("known-emails", limit=10, window=60 * 60)


def address_of(request: HttpRequest) -> str:
    """Whence the request comes. Behind a proxy it is what the proxy says, which it puts last: else whoever mistypes
    somebody's password would lock that person out, since all come from the proxy's own address.
    """
    told = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    return told.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


def login_of(request: HttpRequest, email: str) -> tuple[str, str]:
    """Whose failures a wrong password counts to."""
    return email.strip().lower(), address_of(request)
