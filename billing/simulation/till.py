"""What the simulation knows by itself, without asking the engine: money in and out, wishes, cycles. Judges compare."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass
class Till:
    """`money`: what is at the bank. `cycles`: service → (from that due date, cycle). `happened`: for the report."""

    money: Decimal = Decimal(0)
    cycles: defaultdict[int, list[tuple[date, str]]] = field(default_factory=lambda: defaultdict(list))
    # Service → the day on which the client wanted it ended at once.
    stopped: dict[int, date] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    happened: Counter[str] = field(default_factory=Counter)
    given_back: defaultdict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def cycle_on(self, service: int, start: date) -> str:
        """The cycle of the period that begins on that day."""
        return [cycle for since, cycle in self.cycles[service] if since <= start][-1]
