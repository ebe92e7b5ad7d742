"""The ceiling of the queue: a task that does nothing, in the workers that do the real work."""

from typing import Any

from celery import shared_task


@shared_task(name="bench.noop", queue="duties")
def noop(**_future: Any) -> None:
    return
