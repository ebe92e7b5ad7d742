import os
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

from noc.sandbox.server import Sandbox, start_sandbox
from tests.noc.sandbox.caller import Partner


@pytest.mark.parametrize("path", ["/billmgr", "/manager/billmgr", "/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_path_answers_both_methods(sandbox: Sandbox, path: str, method: str) -> None:
    params = {"func": "whoami", "authinfo": "reseller:sandbox-password", "out": "json"}
    where = {"params": params} if method == "GET" else {"data": params}

    reply = httpx.request(method, sandbox.url + path, verify=False, **where)

    assert reply.json()["doc"]["user"]["$name"] == "reseller"


def test_body_wins_over_query_and_the_last_of_two_wins(partner: Partner) -> None:
    query = "/billmgr?func=nothing&out=xml&out=json"

    reply = partner.http.post(query, data={"func": "whoami", "authinfo": partner.login})

    assert reply.json()["doc"]["user"]["$name"] == "reseller"


def test_body_without_a_content_type_is_read(partner: Partner) -> None:
    reply = partner.http.post("/billmgr", content=f"func=whoami&out=json&authinfo={partner.login}".encode())

    assert "user" in reply.json()["doc"]


def test_plus_and_percent_are_spaces(partner: Partner) -> None:
    body = "func=soft.order.param&sok=ok&skipbasket=on&pricelist=55227&period=1&ip=192.0.2.1&licname=a+b%20%D1%8F"
    reply = partner.http.post("/billmgr", content=f"{body}&out=json&authinfo={partner.login}".encode())

    assert partner.form("soft.edit", reply.json()["doc"]["id"]["$"])["licname"] == "a b я"


def test_errors_come_with_status_200(partner: Partner) -> None:
    reply = partner.ask("nonsense")

    assert (reply.status_code, reply.json()["doc"]["error"]["$type"]) == (200, "missed")


def test_connection_stays_open_for_many_calls(sandbox: Sandbox) -> None:
    request = b"GET /billmgr?func=logon HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as connection:
        for _ in range(3):
            connection.sendall(request)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_body_too_large_is_hung_up_on(sandbox: Sandbox) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as connection:
        connection.sendall(b"POST /billmgr HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n")
        assert connection.recv(100) == b""


def test_unknown_path_is_not_found(partner: Partner) -> None:
    assert partner.http.get("/elsewhere").status_code == 404


def test_a_slow_call_does_not_hold_up_others(partner: Partner, sandbox: Sandbox) -> None:
    partner.fault("delay", func="notify", delay_ms=400, count=1)
    address = f"{sandbox.url}/billmgr?func=notify"
    slow = threading.Thread(target=httpx.get, args=(address,), kwargs={"verify": False})
    slow.start()

    partner.ask("whoami")

    assert slow.is_alive()
    slow.join()


def test_concurrent_orders_get_different_ids_and_exact_charges(partner: Partner, sandbox: Sandbox) -> None:
    ids: list[str] = []

    def buy(number: int) -> None:
        caller = Partner(sandbox.url)
        ids.extend(caller.buy(ip=f"192.0.2.{number * 10 + one}") for one in range(5))
        caller.http.close()

    threads = [threading.Thread(target=buy, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(ids)) == 40
    assert partner.balance() == "9840.00"


def test_close_wakes_a_sleeping_call_at_once() -> None:
    sandbox = start_sandbox(latency_ms=30_000)
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as connection:
        connection.sendall(b"GET /billmgr HTTP/1.1\r\n\r\n")
        time.sleep(0.1)
        began = time.monotonic()

        sandbox.close()

        assert time.monotonic() - began < 2


def test_process_without_django_stops_cleanly_on_sigterm() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", _RUN_AND_LIST_DJANGO, "--port", str(port)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": os.getcwd()}
    )
    assert process.stdout is not None
    assert str(port) in process.stdout.readline()

    transport = httpx.HTTPTransport(retries=10, verify=False)
    with httpx.Client(transport=transport) as http:
        assert http.get(f"http://127.0.0.1:{port}/billmgr?func=logon").status_code == 200
    process.send_signal(signal.SIGTERM)

    rest, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert rest.strip() == "django: False"


_RUN_AND_LIST_DJANGO = """
import sys
from noc.sandbox.__main__ import main
main()
print("django:", "django" in sys.modules)
"""
