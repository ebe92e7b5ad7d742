"""The simulation's clock, and a power cut: a clock that ends the process at one of its readings."""

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone


class PowerCut(BaseException):
    """The process dies here: nothing catches it, the database rolls back what is not committed."""


class SimulatedClock:
    """Stands still until it is moved; never goes back."""

    def __init__(self, start: datetime) -> None:
        self.moment = start

    def __call__(self) -> datetime:
        return self.moment

    def move_to(self, moment: datetime) -> None:
        """Moves forward; a moment that is over already changes nothing."""
        self.moment = max(self.moment, moment)

    def skip(self, span: timedelta) -> None:
        """Moves forward by so much."""
        self.moment += span


class DyingClock:
    """Reads the simulation's clock so many times, then cuts the power."""

    def __init__(self, clock: SimulatedClock, readings: int) -> None:
        self.clock, self.left = clock, readings

    def __call__(self) -> datetime:
        if self.left <= 0:
            raise PowerCut
        self.left -= 1
        return self.clock()


def moment_of(day: date, *, hours: float) -> datetime:
    """So many hours after the midnight that the business day begins with: on two days a year not what clocks show."""
    midnight = timezone.make_aware(datetime.combine(day, time.min))
    return midnight.astimezone(UTC) + timedelta(hours=hours)
