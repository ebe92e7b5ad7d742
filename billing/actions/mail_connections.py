"""A connection to the mail server that lasts for some letters."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend


@contextmanager
def mail_connection() -> Iterator[BaseEmailBackend]:
    """Opened by whoever sends first, closed in the end; a farewell that fails is no failure of the letters."""
    connection = get_connection()
    try:
        yield connection
    finally:
        with suppress(OSError):
            connection.close()
