from collections.abc import Iterator
from typing import Any

import pytest

from tests.mail_server import Postbox, mail_server


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    """A real mail server, and the portal sends to it."""
    with mail_server() as (postbox, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield postbox
