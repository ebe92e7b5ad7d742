"""What the tests with real processes share: the partner and the workers as processes, and a way to see them settle."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from billing.actions import accounts
from billing.models import Operation
from billing.queries.clock import database_now
from demo.processes import find_free_port
from noc.models import Server

ROOT = Path(__file__).resolve().parents[2]
ROUND_SECONDS = 30
PAUSE_SECONDS = 0.1


class Partner:
    """The sandbox as a process of its own, steered through its admin side."""

    def __init__(self) -> None:
        port = find_free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen([sys.executable, "-m", "noc.sandbox", "--port", str(port)], cwd=ROOT)
        for _attempt in range(100):
            try:
                httpx.get(f"{self.url}/admin/state", timeout=1)
                return
            except httpx.TransportError:
                time.sleep(PAUSE_SECONDS)
        raise TimeoutError("The sandbox partner did not start.")

    def post(self, path: str, **body: Any) -> Any:
        """Changes something there."""
        response = httpx.post(f"{self.url}/admin/{path}", json=body)
        response.raise_for_status()
        return response.json()

    def behave(self) -> None:
        """Every fault off."""
        httpx.delete(f"{self.url}/admin/faults").raise_for_status()

    def state(self) -> dict[str, Any]:
        """Everything it remembers."""
        found: dict[str, Any] = httpx.get(f"{self.url}/admin/state").json()
        return found

    def acts(self) -> dict[str, int]:
        """How often something was really done."""
        found: dict[str, int] = httpx.get(f"{self.url}/admin/log?limit=1").json()["acts"]
        return found

    def close(self) -> None:
        """Ends the process."""
        self.process.terminate()
        self.process.wait(10)


def start(environment: dict[str, str], *command: str) -> subprocess.Popen[bytes]:
    """A Python process in a group of its own."""
    return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment, start_new_session=True)


def start_worker(environment: dict[str, str], step: str = "none") -> subprocess.Popen[bytes]:
    """A Celery worker that dies at `step` (tests/faults/dying_worker.py)."""
    return start(environment, "tests/faults/dying_worker.py", step)


def start_beat(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """The timetable: the sweep and nothing else matters here."""
    return start(environment, "-m", "celery", "-A", "config", "beat", "--loglevel=WARNING", "--pidfile=")


def end(process: subprocess.Popen[bytes], signal_number: int = signal.SIGTERM) -> None:
    """Ends the group; by force if it does not listen."""
    if process.poll() is None:
        os.killpg(process.pid, signal_number)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


@contextmanager
def running(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    """Ends them, whatever happens: one left behind would work for the next test."""
    try:
        yield
    finally:
        for process in processes:
            end(process)


def dies_by_itself(worker: subprocess.Popen[bytes]) -> bool:
    """True if the worker came to its step; killed wherever it is once there is nothing left that could reach it."""
    deadline = time.monotonic() + ROUND_SECONDS
    while worker.poll() is None and time.monotonic() < deadline:
        if not Operation.objects.unsettled().exclude(status="NEEDS_CHECK").exists():
            break
        time.sleep(PAUSE_SECONDS)
    came_there = worker.poll() is not None
    end(worker, signal.SIGKILL)
    assert worker.returncode == -signal.SIGKILL
    return came_there


def wait_until(is_so: Callable[[], bool], *, seconds: float, between: Callable[[], None] = lambda: None) -> bool:
    """Whether it came to be so in time; `between` runs before each further look."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        between()
        time.sleep(5 * PAUSE_SECONDS)
    return True


def nothing_moves() -> bool:
    """Whether every operation is settled, or waits for a person (itself, or another one of its service)."""
    asked = Operation.objects.filter(status="NEEDS_CHECK").values("service")
    return not Operation.objects.unsettled().exclude(service__in=asked).exists()


def let_account_go() -> None:
    """An operator tops the account up and presses *Test connection*."""
    for server in Server.objects.exclude(health="OK"):
        accounts.test_account(server=server, actor="operator", now=database_now())
