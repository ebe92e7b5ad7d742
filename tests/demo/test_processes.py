import os
import re
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.portal import ROOT
from demo.processes import Processes, ProcessFailed, find_free_port

SHELL_WITH_CHILD = ["/bin/sh", "-c", "sleep 300 & echo child $!; wait"]


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    with Processes(os.environ, tmp_path, tmp_path / "logs") as started:
        yield started


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for_output(processes: Processes, word: str, *, seconds: float = 10) -> str:
    one = processes.running[0]
    assert processes.wait_until(lambda: word in one.last_output(), timeout=seconds)
    return one.last_output()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_stopping_ends_the_children_of_a_process_too(processes: Processes) -> None:
    one = processes.start("shell", SHELL_WITH_CHILD)
    child = int(wait_for_output(processes, "child").split()[1])
    assert is_running(child)
    processes.stop(one)
    assert not is_running(one.process.pid)
    # It was sent the signal with its parent, and nobody waits for it.
    assert processes.wait_until(lambda: not is_running(child), timeout=5)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_leaving_the_block_by_an_error_stops_everything(tmp_path: Path) -> None:
    started = []

    def start_and_break() -> None:
        with Processes(os.environ, tmp_path, tmp_path / "logs") as processes:
            started.extend(processes.start(name, ["sleep", "300"]) for name in ("first", "second"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        start_and_break()
    assert [is_running(one.process.pid) for one in started] == [False, False]


def test_a_process_that_ends_by_itself_is_named_with_its_last_words(processes: Processes) -> None:
    processes.start("short", [sys.executable, "-c", "print('no such database'); raise SystemExit(3)"])
    with pytest.raises(ProcessFailed, match=r"short ended with 3:\nno such database"):
        processes.wait_until(lambda: False, timeout=10)


def test_waiting_ends_when_the_time_is_over(processes: Processes) -> None:
    started = time.monotonic()
    assert not processes.wait_until(lambda: False, timeout=0.3)
    assert time.monotonic() - started < 5


def test_a_page_that_never_answers_is_an_error_with_output(processes: Processes) -> None:
    processes.start("mute", ["/bin/sh", "-c", "echo thinking; sleep 300"])
    wait_for_output(processes, "thinking")
    with pytest.raises(ProcessFailed, match=r"mute was not ready[^$]*thinking"):
        processes.wait_for_page("mute", f"http://127.0.0.1:{find_free_port()}/", timeout=0.5)


def test_a_failed_command_says_what_it_printed(processes: Processes) -> None:
    with pytest.raises(ProcessFailed, match="out of paper"):
        processes.run(["/bin/sh", "-c", "echo out of paper; exit 2"])


def test_a_taken_port_is_not_given_although_preferred() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert find_free_port(preferred=port) != port
    assert find_free_port(preferred=port) == port


def test_a_chosen_port_is_none_that_a_connection_could_take() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
        taken_by_itself = client.getsockname()[1]
    chosen = {find_free_port() for _ in range(20)}
    assert max(chosen) < taken_by_itself
    assert len(chosen) > 1


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_a_signal_ends_the_demo_and_all_that_it_started(tmp_path: Path, number: signal.Signals) -> None:
    with Processes(os.environ, ROOT, tmp_path / "logs") as processes:
        demo = processes.start("demo", [sys.executable, "-u", "-m", "demo"])
        output = wait_for_output(processes, "Partner http", seconds=90)
        os.kill(demo.process.pid, number)
        assert demo.process.wait(30) == 128 + number
    port = int(re.findall(r"Partner http://127\.0\.0\.1:(\d+)", output)[0])
    assert find_free_port(preferred=port) == port
