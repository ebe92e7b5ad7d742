"""The EU register of VAT numbers, as a stand-in over HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Register:
    """Answers what it was told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Any = {"valid": True, "requestIdentifier": "WAPIAAAAX", "name": "ACME SARL", "address": "PARIS"}
        self.status = 200
        self.asked: list[dict[str, str]] = []
        register = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                register.asked.append(json.loads(body))
                reply = register.answer if isinstance(register.answer, bytes) else json.dumps(register.answer).encode()
                self.send_response(register.status)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/check-vat-number"


@contextmanager
def running_register() -> Iterator[Register]:
    """A register that listens until the block is left."""
    found = Register()
    # Its end is waited for: seldom looks for it would cost each test half a second.
    threading.Thread(target=found.server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield found
    finally:
        found.server.shutdown()
        found.server.server_close()
