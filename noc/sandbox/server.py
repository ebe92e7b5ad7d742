"""The sandbox over HTTP/1.1: keep-alive, a thread a connection, loopback unless told otherwise.

The request is parsed by hand: `http.server` parses headers as e-mail, which costs more than the whole engine.
"""

import json
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import FrameType
from typing import BinaryIO, Self, cast
from urllib.parse import parse_qsl, unquote

from noc.sandbox.control import control
from noc.sandbox.engine import Asked
from noc.sandbox.exchange import SESSION_COOKIE, Exchange
from noc.sandbox.options import Options
from noc.sandbox.page import page_html, refused_html, signed_in_html
from noc.sandbox.replies import Reply, as_json, html
from noc.sandbox.state import World, real_now

API_PATHS = frozenset({"/", "/billmgr", "/manager/billmgr"})
_LONGEST_LINE = 65_536
_MOST_HEADERS = 100
_LARGEST_BODY = 8 * 1024 * 1024
_IDLE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    address: str

    @property
    def keeps_alive(self) -> bool:
        return self.headers.get("connection", "").lower() != "close"

    @property
    def wants_page(self) -> bool:
        return "text/html" in self.headers.get("accept", "")


class BadHttp(ValueError):
    """Not a request that can be answered; the connection is closed."""


class Sandbox:
    """A running sandbox: `url`, `state` (hold `state.lock` to read or write it), `close()`."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        latency_ms: int = 0,
        read_clock: Callable[[], datetime] = real_now,
    ) -> None:
        self.state = World(Options(latency_ms=latency_ms), read_clock)
        self._stopping = threading.Event()
        self.exchange = Exchange(self.state, self._pause)
        self._server = _Server((host, port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sandbox", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://{self._server.server_address[0]!s}:{self.port}"

    def close(self) -> None:
        """Stop at once: calls that sleep are woken, connections closed, threads ended."""
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.close_connections()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pause(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def respond(self, request: Request) -> Reply:
        """The reply to any request: the API, the admin side or the page."""
        if request.path.startswith("/admin/"):
            return self._control(request)
        params = dict(parse_qsl(request.query, keep_blank_values=True))
        is_visit = request.method == "GET" and request.wants_page and "func" not in params
        if request.path == "/sandbox" or (request.path == "/" and is_visit):
            with self.state.lock:
                return html(page_html(self.state, lang=params.get("lang", ""), base_url=self.url))
        if request.path not in API_PATHS:
            return html("<h1>404 Not Found</h1>", status=404)
        return self._api(request, params)

    def _api(self, request: Request, params: dict[str, str]) -> Reply:
        # A value in the body wins over the same name in the query, as in the partner's own CGI.
        params |= parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        asked = Asked(params, request.address, _session_cookie(request))
        reply = self.exchange.answer(asked, method=request.method, path=request.path)
        is_visit = request.wants_page or params.get("checkcookie") == "no"
        if is_visit and asked.func == "auth" and "out" not in params and reply.status == 200 and not reply.cut:
            return self._sign_in(reply, params)
        return reply

    def _sign_in(self, reply: Reply, params: Mapping[str, str]) -> Reply:
        """A browser sent here with a one-time key, by link or form, gets a page, and the session in a cookie."""
        lang = "ru" if params.get("lang") == "ru" else "en"
        if not reply.headers:
            return html(refused_html(lang))
        return html(signed_in_html(params.get("username", ""), lang), headers=reply.headers)

    def _control(self, request: Request) -> Reply:
        if request.headers.get("sec-fetch-site") == "cross-site":
            return as_json({"error": "Not from another site"}, status=403)
        try:
            data = json.loads(request.body) if request.body else {}
        except ValueError as error:
            return as_json({"error": f"The body is not JSON: {error}"}, status=400)
        if not isinstance(data, dict):
            return as_json({"error": "The body is not a JSON object"}, status=400)
        return control(self.state, request.method, request.path, data, dict(parse_qsl(request.query)))


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    # Idle connections would be waited for; they are closed by `close_connections` instead.
    block_on_close = False
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._open: set[_Connection] = set()
        self._open_lock = threading.Lock()
        self._closing = False
        super().__init__(address, _Connection)

    def opened(self, connection: "_Connection") -> None:
        with self._open_lock:
            self._open.add(connection)
            is_late = self._closing
        if is_late:
            connection.hang_up()

    def closed(self, connection: "_Connection") -> None:
        with self._open_lock:
            self._open.discard(connection)

    def close_connections(self) -> None:
        """Close every connection and wait for its thread."""
        with self._open_lock:
            self._closing = True
            connections = list(self._open)
        for connection in connections:
            connection.hang_up()
        for connection in connections:
            connection.finished.wait(5)


class _Connection(StreamRequestHandler):
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    server: _Server
    connection: socket.socket

    def setup(self) -> None:
        self.finished = threading.Event()
        super().setup()
        self.server.opened(self)

    def handle(self) -> None:
        try:
            while self._answer_one():
                pass
        except (BadHttp, OSError):
            return

    def finish(self) -> None:
        self.server.closed(self)
        super().finish()
        self.finished.set()

    def hang_up(self) -> None:
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def _answer_one(self) -> bool:
        """Answer the next request; False when the connection is to be closed."""
        request = read_request(cast(BinaryIO, self.rfile), self.client_address[0])
        if request is None:
            return False
        reply = self.server.sandbox.respond(request)
        if reply.cut:
            return False
        keeps = request.keeps_alive and reply.sent is None
        self.connection.sendall(_head(reply, keeps_alive=keeps) + reply.body[: reply.sent])
        return keeps


def read_request(stream: BinaryIO, address: str) -> Request | None:
    """The next request of a connection, None at its end. Raises BadHttp."""
    line = stream.readline(_LONGEST_LINE)
    if not line.strip():
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadHttp("Not an HTTP/1 request line")
    headers = _read_headers(stream)
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not length.isdigit() or int(length) > _LARGEST_BODY:
        raise BadHttp("A body without a fitting Content-Length")
    body = stream.read(int(length)) if length != "0" else b""
    path, _, query = parts[1].partition("?")
    return Request(parts[0], unquote(path).rstrip("/") or "/", query, headers, body, address)


def _read_headers(stream: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_MOST_HEADERS):
        line = stream.readline(_LONGEST_LINE)
        if line in (b"\r\n", b"\n", b""):
            return headers
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    raise BadHttp("Too many headers")


def _head(reply: Reply, *, keeps_alive: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {reply.reason}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(reply.body)}",
        f"Connection: {'keep-alive' if keeps_alive else 'close'}",
        "Cache-Control: no-store",
        *(f"{name}: {value}" for name, value in reply.headers),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _session_cookie(request: Request) -> str:
    if "cookie" not in request.headers:
        return ""
    try:
        cookies = SimpleCookie(request.headers["cookie"])
    except CookieError:
        return ""
    return cookies[SESSION_COOKIE].value.partition(":")[0] if SESSION_COOKIE in cookies else ""


def start_sandbox(port: int = 0, *, host: str = "127.0.0.1", latency_ms: int = 0) -> Sandbox:
    """Start a sandbox in a thread of this process. Port 0 takes a free one; see `Sandbox.url`. Raises OSError."""
    return Sandbox(host=host, port=port, latency_ms=latency_ms)


def serve(port: int, *, host: str = "127.0.0.1", latency_ms: int = 0) -> None:
    """Run a sandbox until SIGTERM or SIGINT. For the main thread of a process of its own."""
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    previous = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with start_sandbox(port, host=host, latency_ms=latency_ms):
            stop.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
