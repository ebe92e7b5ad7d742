"""Whoever is sent JSON by the portal, as a stand-in over HTTP: Telegram, an operator's webhook, the EU register."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Answers what it was told to, bytes as they are, and remembers what it was sent."""

    def __init__(self, answer: Any) -> None:
        self.status = 200
        self.answer = answer
        self.headers: dict[str, str] = {}
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((self.path, dict(self.headers), body))
                reply = receiver.answer if isinstance(receiver.answer, bytes) else json.dumps(receiver.answer).encode()
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was posted, parsed."""
        return [json.loads(body) for _path, _headers, body in self.requests]


@contextmanager
def running_receiver(answer: Any) -> Iterator[Receiver]:
    """One that listens until the block is left."""
    receiver = Receiver(answer)
    # Its end is waited for: seldom looks for it would cost each test half a second.
    threading.Thread(target=receiver.server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
