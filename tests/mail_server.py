"""A mail server of this machine: what it takes over SMTP can be read, and it can be told to refuse."""

import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from demo.processes import find_free_port

USER, PASSWORD = "portal", "mail-password"


class Postbox:
    """Letters in the order of their arrival, and what it says instead of taking them."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.senders: list[str] = []
        self.connections: set[Any] = set()
        self.logins = Counter[str]()
        # Address (or "*") → what RCPT is answered; what the end of DATA is answered, "" to take it.
        self.refused: dict[str, str] = {}
        self.data_answer = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        self.connections.add(session.peer)
        answer = self.refused.get(address) or self.refused.get("*")
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data_answer:
            return self.data_answer
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.letters.append(message)
        self.raw.append(bytes(envelope.content))
        self.senders.append(envelope.mail_from)
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        is_known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        self.logins["right" if is_known else "wrong"] += 1
        return AuthResult(success=is_known, handled=False)


class _Controller(Controller):
    def __init__(self, postbox: Postbox, port: int, options: dict[str, Any]) -> None:
        super().__init__(postbox, hostname="127.0.0.1", port=port)
        self.options = options

    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="mail.test", **self.options)


@contextmanager
def mail_server(*, tls: ssl.SSLContext | None = None) -> Iterator[tuple[Postbox, int]]:
    """A running server, and its port; with a context it wants STARTTLS and a login."""
    postbox = Postbox()
    port = find_free_port()
    options: dict[str, Any] = {"enable_SMTPUTF8": False}
    if tls is not None:
        options |= {
            "tls_context": tls,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": postbox.authenticate,
        }
    controller = _Controller(postbox, port, options)
    controller.start()
    try:
        yield postbox, port
    finally:
        controller.stop()
