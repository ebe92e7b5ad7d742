"""One call to the partner: time-outs, what may be repeated, what an answer means, and a record without secrets.

Three ways to call, by what a repetition would cost:

    read   no effects: sent up to three times with back-off, over a kept connection
    write  harmless to repeat by a person (edit, delete), yet sent once: after that its outcome may be unknown
    pay    spends money: sent once, on a fresh connection, without redirects, under one overall deadline

A client belongs to one thread; all clients share one SSL context. Proxies and `.netrc` of the environment are not used.
"""

import functools
import logging
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import httpx
from django.utils.translation import gettext_lazy as _

from noc.call_records import CallRecord, ignore, name_outcome
from noc.errors import (
    AuthFailed,
    OutcomeUnknown,
    PartnerError,
    Unavailable,
)
from noc.hosts import DEFAULT_PATH
from noc.replies import Reply, asks_login, describe_unreadable, is_file
from noc.transport import DeadlineTransport
from noc.verdict import TWO_FACTOR, is_busy, judge_fault
from noc.wire import Fault, Node, Unreadable, read_reply
from vault.redaction import redact_params, redact_text

logger = logging.getLogger(__name__)

USER_AGENT: Final = "Nocdesk (partner client)"
READ_TRIES: Final = 3
MAX_BODY: Final = 64 * 1024 * 1024
MAX_RECORDED: Final = 4000
FILE_LEFT_OUT: Final = b"(a file)"
BACK_OFF: Final = 0.5  # seconds before the second try, doubled before each next one, ± half at random
NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

jitter = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account at the partner; `url` is the whole address of calls (`noc.hosts.normalize_host(…).url`)."""

    url: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds. `read` and `paying` bound a whole call (one try of it), `connect` the time until it can be sent."""

    connect: float = 10
    read: float = 60
    paying: float = 90


@functools.cache
def shared_ssl_context() -> ssl.SSLContext:
    """One for the process: making it costs more than a call (performance.md)."""
    return httpx.create_ssl_context(trust_env=False)


class PartnerClient:
    """Calls functions of one account. Raises the tree of `noc.errors` and nothing else. `tries`: how often it reads."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        deadlines: Deadlines = Deadlines(),
        record: Callable[[CallRecord], None] = ignore,
        reference: str = "",
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        tries: int = READ_TRIES,
    ) -> None:
        self.credentials = credentials
        self.deadlines = deadlines
        self.reference = reference
        self._record = record
        self._given_transport = transport
        self._sleep = sleep
        self._tries = tries
        self._secrets: tuple[str, ...] = (credentials.password,)
        self._kept: httpx.Client | None = None
        self._url = complete_url(credentials.url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Lets the kept connection go; the client may be used again."""
        if self._kept is not None and self._given_transport is None:
            self._kept.close()
        self._kept = None

    def hide(self, secret: str) -> None:
        """Masks one more text wherever the partner repeats it: in records and in the words of errors."""
        self._secrets += (secret,)

    def read(self, func: str, **params: str) -> Node:
        """A call without effects, tried up to three times. Trouble of transport → Unavailable."""
        return self._read(func, params, tries=self._tries)

    def read_once(self, func: str, **params: str) -> Node:
        """As `read`, without a second try: for a look inside a call that has used up its time."""
        return self._read(func, params, tries=1)

    def download(self, func: str, **params: str) -> Node | bytes:
        """A file, raw or wrapped in a reply; its content stays out of the record. Tried once, raises as `read`."""
        params, started = {**params, "func": func}, time.monotonic()
        reply = self._exchange(self._keep_client(), params, self.deadlines.read)
        answer = self._judge(reply, params, has_effects=False)
        found = reply.body if isinstance(answer, Unavailable) and is_file(reply) else answer
        shown = reply if isinstance(found, PartnerError) else replace(reply, body=FILE_LEFT_OUT)
        self._keep_record(params, shown, found, time.monotonic() - started)
        if isinstance(found, PartnerError):
            raise found
        return found

    def write(self, func: str, **params: str) -> Node:
        """A change that does no harm if a person repeats it. Sent once; trouble after sending → OutcomeUnknown."""
        return self._send_once(func, params, self.deadlines.read)

    def pay(self, func: str, **params: str) -> Node:
        """A call that spends money. Sent once, never repeated; `Deadlines.paying` holds whatever the partner does."""
        return self._send_once(func, params, self.deadlines.paying)

    def _read(self, func: str, params: Mapping[str, str], *, tries: int) -> Node:
        error: PartnerError = Unavailable()
        for attempt in range(tries):
            if attempt:
                self._sleep(BACK_OFF * 2**attempt * jitter.uniform(0.5, 1.5))
            answer = self._call(func, params, self._keep_client(), self.deadlines.read, has_effects=False)
            if isinstance(answer, Node):
                return answer
            error = answer
            if not isinstance(answer, Unavailable):
                break
        raise error

    def _send_once(self, func: str, params: Mapping[str, str], deadline: float) -> Node:
        fresh = self._make_client(keeps_connection=False)
        try:
            answer = self._call(func, {**params, "sok": "ok"}, fresh, deadline, has_effects=True)
        finally:
            if self._given_transport is None:
                fresh.close()
        if isinstance(answer, Node):
            return answer
        raise answer

    def _call(
        self, func: str, params: Mapping[str, str], http: httpx.Client, deadline: float, *, has_effects: bool
    ) -> Node | PartnerError:
        """One HTTP call, judged and recorded. Errors are returned: raised here they would carry httpx's own."""
        params = {**params, "func": func}
        started = time.monotonic()
        reply = self._exchange(http, params, deadline)
        answer = self._judge(reply, params, has_effects=has_effects)
        self._keep_record(params, reply, answer, time.monotonic() - started)
        return answer

    def _exchange(self, http: httpx.Client, params: Mapping[str, str], deadline: float) -> Reply:
        host = urlsplit(self._url).netloc
        try:
            with http.stream("POST", self._url, data=self._form(params), timeout=self._timeout(deadline)) as response:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_BODY:
                        return Reply(response.status_code, trouble=_("The answer is too large."))
                return Reply(
                    response.status_code,
                    bytes(body),
                    response.headers.get("content-type", ""),
                    response.headers.get("location", ""),
                )
        except NOT_SENT as error:
            words = _("No connection to %(host)s: %(why)s") % {"host": host, "why": self._clean(error)}
            return Reply(trouble=words, was_sent=False)
        except httpx.TimeoutException:
            return Reply(trouble=_("No answer from %(host)s in time.") % {"host": host})
        except httpx.HTTPError as error:
            words = _("The connection to %(host)s broke: %(why)s") % {"host": host, "why": self._clean(error)}
            return Reply(trouble=words)

    def _judge(self, reply: Reply, params: Mapping[str, str], *, has_effects: bool) -> Node | PartnerError:
        """What a reply means; the order of the questions is the rule (design.md §2, rule 3)."""
        trouble = OutcomeUnknown if has_effects else Unavailable
        if reply.status_code is None or reply.trouble:
            return (trouble if reply.was_sent else Unavailable)(reply.trouble)
        try:
            node = read_reply(reply.body, reply.content_type)
        except Unreadable as error:
            return trouble(describe_unreadable(reply, error))
        if fault := node.error:
            return self._judge_fault(fault, params, has_effects=has_effects)
        if not httpx.codes.is_success(reply.status_code):
            return trouble(_("The partner answered with HTTP %(code)s.") % {"code": reply.status_code})
        if asks_login(node, params["func"]):
            is_second_factor = "totp" in node.text("ok") or node.text("func").startswith("totp")
            return AuthFailed(TWO_FACTOR if is_second_factor else _("The partner asks to log in again."), type="auth")
        return node

    def _judge_fault(self, fault: Fault, params: Mapping[str, str], *, has_effects: bool) -> PartnerError:
        clean = Fault(fault.type, fault.object, self._clean(fault.message), fault.params)
        if not has_effects and is_busy(clean):
            return Unavailable(_("The partner is still at work on this."), type=fault.type, object=fault.object)
        return judge_fault(clean, params, has_effects=has_effects)

    def _keep_record(
        self, params: Mapping[str, str], reply: Reply, answer: Node | bytes | PartnerError, seconds: float
    ) -> None:
        shown = self._clean(reply.body[: 16 * MAX_RECORDED].decode("utf-8", "replace")) or str(reply.trouble)
        record = CallRecord(
            func=params["func"],
            params={name: self._clean(value) for name, value in redact_params(params).items()},
            status_code=reply.status_code,
            duration_ms=round(seconds * 1000),
            outcome=name_outcome(answer),
            response=shown[:MAX_RECORDED],
            reference=self.reference,
        )
        try:
            self._record(record)
        except Exception:  # a lost record must not lose the answer to a purchase
            logger.exception("The record of a call to the partner could not be kept: %s", record.func)

    def _form(self, params: Mapping[str, str]) -> dict[str, str]:
        login = f"{self.credentials.username}:{self.credentials.password}"
        return {"out": "json", **params, "lang": "en", "authinfo": login}

    def _clean(self, words: object) -> str:
        return redact_text(str(words), secrets=self._secrets)

    def _timeout(self, deadline: float) -> httpx.Timeout:
        return httpx.Timeout(deadline, connect=min(self.deadlines.connect, deadline), pool=self.deadlines.connect)

    def _keep_client(self) -> httpx.Client:
        if self._kept is None:
            self._kept = self._make_client(keeps_connection=True)
        return self._kept

    def _make_client(self, *, keeps_connection: bool) -> httpx.Client:
        transport = self._given_transport or DeadlineTransport(shared_ssl_context(), keeps_connection=keeps_connection)
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip" if keeps_connection else "identity"}
        return httpx.Client(transport=transport, headers=headers, follow_redirects=False, trust_env=False)


def complete_url(url: str) -> str:
    """An address without a path gets the usual one."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or DEFAULT_PATH}"
