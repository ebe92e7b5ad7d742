"""An httpx transport whose time limit holds for a whole call, even where the partner sends a byte now and then.

httpx limits each wait on the socket; a body or a head that trickles could go on for ever. Here every wait gets only
what is left of the call's time: the `read` timeout of the request, counted from its start on the monotonic clock.
"""

import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

import httpcore
import httpx

MAX_CONNECTIONS: Final = 8
KEEP_SECONDS: Final = 30

HTTPX_ERRORS: Final = MappingProxyType(
    {
        httpcore.ConnectTimeout: httpx.ConnectTimeout,
        httpcore.PoolTimeout: httpx.PoolTimeout,
        httpcore.ReadTimeout: httpx.ReadTimeout,
        httpcore.WriteTimeout: httpx.WriteTimeout,
        httpcore.ConnectError: httpx.ConnectError,
        httpcore.ReadError: httpx.ReadError,
        httpcore.WriteError: httpx.WriteError,
        httpcore.LocalProtocolError: httpx.LocalProtocolError,
        httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
        httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    }
)


class Limit(threading.local):
    """When the call of this thread must be over, on the monotonic clock."""

    ends_at: float = 0.0

    def left(self, timeout: float | None) -> float:
        """The time for the next wait: what is left of the call, or less; 0 or below means none."""
        left = self.ends_at - time.monotonic()
        return left if timeout is None else min(left, timeout)


class LimitedStream(httpcore.NetworkStream):
    """A socket that waits no longer than its call may last."""

    def __init__(self, stream: httpcore.NetworkStream, limit: Limit) -> None:
        self._stream = stream
        self._limit = limit

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if (left := self._limit.left(timeout)) <= 0:
            raise httpcore.ReadTimeout
        return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if (left := self._limit.left(timeout)) <= 0:
            raise httpcore.WriteTimeout
        self._stream.write(buffer, left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        if (left := self._limit.left(timeout)) <= 0:
            raise httpcore.ConnectTimeout
        return LimitedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._limit)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class LimitedBackend(httpcore.NetworkBackend):
    """Opens limited sockets."""

    def __init__(self, limit: Limit) -> None:
        self._backend = httpcore.SyncBackend()
        self._limit = limit

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        if (left := self._limit.left(timeout)) <= 0:
            raise httpcore.ConnectTimeout
        try:
            stream = self._backend.connect_tcp(host, port, left, local_address, socket_options)
        except UnicodeError as error:  # a name that the resolver's encoding refuses
            raise httpcore.ConnectError(str(error)) from error
        return LimitedStream(stream, self._limit)


@contextmanager
def httpx_errors() -> Iterator[None]:
    """httpcore's errors under the names of httpx."""
    try:
        yield
    except tuple(HTTPX_ERRORS) as error:
        theirs = next(theirs for ours, theirs in HTTPX_ERRORS.items() if isinstance(error, ours))
        raise theirs(str(error) or type(error).__name__) from error


class LimitedBody(httpx.SyncByteStream):
    """The body of an answer; closing it gives the connection back."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with httpx_errors():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class DeadlineTransport(httpx.BaseTransport):
    """HTTP/1.1 over one shared SSL context; never connects twice for one request."""

    def __init__(self, ssl_context: ssl.SSLContext, *, keeps_connection: bool) -> None:
        self._limit = Limit()
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context,
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_CONNECTIONS if keeps_connection else 0,
            keepalive_expiry=KEEP_SECONDS,
            retries=0,
            network_backend=LimitedBackend(self._limit),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request; its `read` timeout bounds everything until the last byte of the answer."""
        self._limit.ends_at = time.monotonic() + request.extensions["timeout"]["read"]
        url = request.url
        sent = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with httpx_errors():
            response = self._pool.handle_request(sent)
        return httpx.Response(
            response.status, headers=response.headers, stream=LimitedBody(response), extensions=response.extensions
        )

    def close(self) -> None:
        """Closes all connections."""
        self._pool.close()
