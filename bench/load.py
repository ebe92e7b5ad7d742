"""One request again and again over kept connections: `python -m bench.load` reads it as JSON, prints how it went.

A process of its own shares no interpreter lock with what it measures; plain sockets take little of the processors that
it shares with the server.
"""

import json
import re
import selectors
import socket
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OK = b"HTTP/1.1 200 "
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNK = 65536
PATIENCE_SECONDS = 20.0
# A slow page is asked for longer: percentiles of fewer say nothing.
ENOUGH = 20


class LoadFailed(Exception):
    """The server answered with something else, or not at all; the text ends with the beginning of its answer."""


@dataclass(slots=True)
class Caller:
    """A connection with one request under way."""

    connection: socket.socket
    started: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    wanted: int = 0

    def ask(self, request: bytes) -> None:
        """Sends the request anew."""
        self.received, self.wanted = bytearray(), 0
        self.started = time.perf_counter()
        self.connection.sendall(request)

    def is_answered(self) -> bool:
        """Takes in what has come; True once the answer is whole. Raises LoadFailed unless it is a 200."""
        part = self.connection.recv(CHUNK)
        self.received += part
        if not self.wanted:
            head, mark, _body = self.received.partition(b"\r\n\r\n")
            found = LENGTH.search(head) if mark else None
            if not part or (mark and (not head.startswith(OK) or found is None)):
                raise LoadFailed(f"Not a whole 200: {bytes(self.received[:300])!r}")
            if found is not None:
                self.wanted = len(head) + len(mark) + int(found[1])
        elif not part:
            raise LoadFailed(f"The connection ended in the middle of {bytes(self.received[:300])!r}")
        return 0 < self.wanted <= len(self.received)


def run(*, port: int, request: bytes, connections: int, seconds: float) -> Mapping[str, Any]:
    """Asks on all connections at once for so long, and until there are ENOUGH answers.

    A connection asks again as soon as it is answered.
    """
    callers = [Caller(socket.create_connection(("127.0.0.1", port))) for _number in range(connections)]
    times: list[float] = []
    with selectors.DefaultSelector() as selector:
        for caller in callers:
            caller.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(caller.connection, selectors.EVENT_READ, caller)
            caller.ask(request)
        started = time.perf_counter()
        while (now := time.perf_counter()) < started + seconds or len(times) < ENOUGH:
            ready = selector.select(PATIENCE_SECONDS)
            if not ready:
                raise LoadFailed("No answer at all.")
            for key, _events in ready:
                if key.data.is_answered():
                    times.append(time.perf_counter() - key.data.started)
                    key.data.ask(request)
    for caller in callers:
        caller.connection.close()
    cuts = statistics.quantiles(times, n=20)
    return {
        "requests": len(times),
        "per_second": len(times) / (now - started),
        "p50_ms": cuts[9] * 1000,
        "p95_ms": cuts[18] * 1000,
    }


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    print(json.dumps(run(**{**asked, "request": asked["request"].encode()})))
