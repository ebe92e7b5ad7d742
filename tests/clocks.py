"""A clock that tests move forward."""

from datetime import datetime, timedelta

from billing.queries.clock import database_now


class MovingClock:
    """The database's time plus what the test has skipped."""

    def __init__(self) -> None:
        self.skipped = timedelta(0)

    def __call__(self) -> datetime:
        return database_now() + self.skipped

    def skip(self, **parts: float) -> None:
        self.skipped += timedelta(**parts)
