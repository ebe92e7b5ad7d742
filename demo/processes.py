"""Real processes on free ports: started in groups of their own, waited for until ready, stopped whatever happens."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from types import FrameType, TracebackType
from typing import Self

import httpx

GRACE_SECONDS = 10.0
LAST_LINES = 25
# Below those that systems give to connections that go out: such a one could take a port before its process has started.
OWN_PORTS = range(20_000, 32_000)


class ProcessFailed(Exception):
    """A process ended by itself, was not ready in time or a command failed; the text ends with its last output."""


@dataclass(frozen=True)
class Running:
    """A started process, the leader of its own group; its output goes to `log`."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def last_output(self) -> str:
        """The end of what it wrote."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LAST_LINES:])


@dataclass
class Processes:
    """Starts processes and stops exactly those. Use as a context manager: leaving it stops them, newest first."""

    environment: Mapping[str, str]
    folder: Path
    logs: Path
    running: list[Running] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()

    def start(self, name: str, command: Sequence[str]) -> Running:
        """Starts `command` in `folder`. Raises OSError if it cannot be run at all."""
        log = self.logs / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started = Running(name, process, log)
        self.running.append(started)
        return started

    def run(self, command: Sequence[str], *, timeout: float = 120) -> str:
        """Runs `command` to its end and returns what it printed. Raises ProcessFailed."""
        done = subprocess.run(
            command, cwd=self.folder, env=dict(self.environment), capture_output=True, text=True, timeout=timeout
        )
        if done.returncode != 0:
            raise ProcessFailed(f"{' '.join(command[:4])} … ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def check(self) -> None:
        """Raises ProcessFailed if one of them has ended."""
        for one in self.running:
            code = one.process.poll()
            if code is not None:
                raise ProcessFailed(f"{one.name} ended with {code}:\n{one.last_output()}")

    def wait_for_page(self, name: str, url: str, *, timeout: float = 40) -> None:
        """Waits until `url` answers 200. Raises ProcessFailed, with the output of the process called `name`."""
        if not self.wait_until(lambda: _answers(url), timeout=timeout):
            output = next(one.last_output() for one in self.running if one.name == name)
            raise ProcessFailed(f"{name} was not ready after {timeout:.0f} s:\n{output}")

    def wait_until(self, is_so: Callable[[], bool], *, timeout: float, pause: float = 0.1) -> bool:
        """Asks until it is so or the time is over; returns the last answer. Raises ProcessFailed if a process ends."""
        end = time.monotonic() + timeout
        while not is_so():
            self.check()
            if time.monotonic() >= end:
                return False
            time.sleep(pause)
        return True

    def stop(self, one: Running, *, number: signal.Signals = signal.SIGTERM) -> None:
        """Ends the whole group of a process: asks, waits, then kills what is left."""
        self.running.remove(one)
        _signal_group(one, number)
        with suppress(subprocess.TimeoutExpired):
            one.process.wait(GRACE_SECONDS)
        _signal_group(one, signal.SIGKILL)
        one.process.wait()

    def stop_all(self) -> None:
        """Ends everything; a second Ctrl-C does not leave half of it running."""
        with _ignored(signal.SIGINT, signal.SIGTERM):
            for one in reversed(self.running):
                _signal_group(one, signal.SIGTERM)
            for one in reversed(list(self.running)):
                self.stop(one)


def _signal_group(one: Running, number: signal.Signals) -> None:
    """The group keeps the leader's id while any member lives, also once the leader has ended."""
    try:
        os.killpg(one.process.pid, number)
    except ProcessLookupError:
        return


@contextmanager
def _ignored(*numbers: signal.Signals) -> Iterator[None]:
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def stop_on_signals() -> None:
    """Makes SIGTERM and SIGINT unwind the program, so that what it started is stopped. For the main thread.

    A shell's background job starts with SIGINT ignored; it is taken back here.
    """

    def unwind(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, unwind)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def find_free_port(*, preferred: int = 0) -> int:
    """A TCP port on loopback that nobody listens on: the preferred one if it is free, else one out of `OWN_PORTS`."""
    # The system's lot: programs that begin with the same seed would choose the same ports.
    for port in filter(None, (preferred, *SystemRandom().sample(OWN_PORTS, 100))):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("No free port on 127.0.0.1")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
