"""Time limits and connections against a real socket."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from noc.client import Credentials, Deadlines, PartnerClient
from noc.errors import OutcomeUnknown, Unavailable

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 54\r\n"
BODY = b'{"doc":{"id":{"$":"1234567"},"ok":{"$":""}}}          '
STEP = 0.05

type Talk = Callable[[socket.socket, threading.Event], None]


class Server:
    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.over = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0.1)
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        self.thread = threading.Thread(target=self.accept)

    def accept(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self.listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            connection.settimeout(0.2)
            with connection:
                try:
                    self.talk(connection, self.over)
                except OSError:
                    continue


@contextmanager
def serving(talk: Talk) -> Iterator[Server]:
    server = Server(talk)
    server.thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.thread.join()
        server.listener.close()


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data or b"authinfo" not in data:
        part = connection.recv(65536)
        if not part:
            break
        data += part
    return data


def trickle(data: bytes) -> Talk:
    def talk(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        for index in range(len(data)):
            connection.sendall(data[index : index + 1])
            if over.wait(STEP):
                return

    return talk


def client_for(server: Server) -> PartnerClient:
    deadlines = Deadlines(connect=0.3, read=0.3, paying=0.3)
    return PartnerClient(Credentials(f"http://127.0.0.1:{server.port}", "u", "p"), deadlines=deadlines)


def whole_then_close(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)
    connection.sendall(HEAD + b"\r\n" + BODY)


def cut_body(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)
    connection.sendall(HEAD + b"\r\n" + BODY[:20])


def silence(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)
    over.wait(1)


def hang_up(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)


def keep_alive(connection: socket.socket, over: threading.Event) -> None:
    while read_request(connection):
        connection.sendall(HEAD + b"\r\n" + BODY)


@pytest.mark.parametrize("data", [HEAD + b"\r\n" + BODY, HEAD + b"X-Pad: " + b"a" * 400], ids=["body", "head"])
def test_the_deadline_of_a_paying_call_holds_while_bytes_trickle(data: bytes) -> None:
    with serving(trickle(data)) as server:
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            client_for(server).pay("soft.order.param")
        assert 0.25 < time.monotonic() - started < 0.8


@pytest.mark.parametrize("talk", [silence, cut_body, hang_up])
def test_a_paying_call_that_is_not_answered_whole_is_unknown_and_sent_once(talk: Talk) -> None:
    with serving(talk) as server:
        with pytest.raises(OutcomeUnknown):
            client_for(server).pay("soft.order.param")
        assert server.connections == 1


def test_nobody_listening_means_nothing_was_sent() -> None:
    with serving(silence) as server:
        pass
    with pytest.raises(Unavailable):
        client_for(server).pay("soft.order.param")


def test_a_name_that_does_not_resolve_means_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    too_long = PartnerClient(Credentials(f"https://{'a' * 64}.example/billmgr", "u", "p"))
    with pytest.raises(Unavailable):
        too_long.pay("soft.order.param")
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    unknown = PartnerClient(Credentials("https://nowhere.invalid/billmgr", "u", "p"))
    with pytest.raises(Unavailable, match="nowhere"):
        unknown.pay("soft.order.param")


def test_a_partner_that_does_not_speak_tls_means_nothing_was_sent() -> None:
    def babble(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving(babble) as server:
        client = PartnerClient(Credentials(f"https://127.0.0.1:{server.port}", "u", "p"))
        with pytest.raises(Unavailable):
            client.pay("soft.order.param")


def test_reads_keep_their_connection_and_paying_calls_take_a_fresh_one() -> None:
    with serving(keep_alive) as server, client_for(server) as client:
        client.read("soft")
        client.read("soft")
        assert server.connections == 1
    with serving(whole_then_close) as server, client_for(server) as client:
        client.read("soft")
        client.pay("soft.order.param")
        client.pay("soft.order.param")
        assert server.connections == 3


def test_a_jump_of_the_system_clock_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 0.0)
    with serving(whole_then_close) as server:
        assert client_for(server).pay("soft.order.param").text("id") == "1234567"
