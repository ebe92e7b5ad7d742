"""The scheduler of beat: a fixed timetable in memory, and an end with its parent."""

import os
from typing import Any

from celery.beat import Scheduler


class Timetable(Scheduler):
    """Keeps no file: every duty is safe to run again, so nothing has to be remembered between starts.

    Inside a worker (`celery worker -B`) beat is a child process; when the worker is killed, it ends too instead of
    going on alone beside the next worker's beat.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.parent = os.getppid()
        super().__init__(*arguments, **options)

    def tick(self, *arguments: Any, **options: Any) -> float:
        """One round; at most `beat_max_loop_interval` seconds until the next."""
        if os.getppid() != self.parent:
            raise SystemExit("The worker that beat belongs to is gone.")
        return float(super().tick(*arguments, **options))
