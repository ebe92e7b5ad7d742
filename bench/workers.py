"""Workers started for one measurement, and how deep their queues are."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery import current_app

from demo.portal import PYTHON, ROOT, worker_command
from demo.processes import Processes

POLL_SECONDS = 0.05
PATIENCE_SECONDS = 300.0


@contextmanager
def run_workers(environment: Mapping[str, str], logs: Path, *, count: int) -> Iterator[Processes]:
    """`count` worker processes and a beat of their own; a single worker keeps the timetable itself."""
    with Processes(environment, ROOT, logs) as workers:
        for number in range(1, count + 1):
            command = worker_command(has_beat=count == 1)
            workers.start(f"worker-{number}", [*command, "--include", "bench.noop"])
        if count > 1:
            workers.start("beat", [PYTHON, "-m", "celery", "-A", "config", "beat", "--pidfile="])
        yield workers


def queue_depth(name: str) -> int:
    """Messages that no worker has fetched yet."""
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        return int(channel.queue_declare(name).message_count)


def wait_until(workers: Processes, is_so: Callable[[], bool]) -> None:
    """Raises TimeoutError after PATIENCE_SECONDS, ProcessFailed if a worker ends."""
    if not workers.wait_until(is_so, timeout=PATIENCE_SECONDS, pause=POLL_SECONDS):
        raise TimeoutError("The workers did not finish in time.")


def time_noops(workers: Processes, *, count: int) -> float:
    """No-op tasks a second: queued faster than they are done, timed from the first to the last."""
    current_app.send_task("bench.noop")
    wait_until(workers, lambda: queue_depth("duties") == 0)
    started = time.perf_counter()
    with current_app.producer_pool.acquire(block=True) as producer:
        for _number in range(count):
            current_app.send_task("bench.noop", producer=producer)
    wait_until(workers, lambda: queue_depth("duties") == 0)
    return count / (time.perf_counter() - started)
