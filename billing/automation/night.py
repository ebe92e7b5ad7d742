"""What duties share: the night that they are done for, and how what they touch is counted."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from billing.models import AutomationSettings


@dataclass(frozen=True, slots=True)
class Night:
    """The run of one business day. `today` is later than `day` while missed days are caught up."""

    day: date
    today: date
    now: datetime
    settings: AutomationSettings


@dataclass(frozen=True, slots=True)
class Touched:
    """An object that a duty did or would do something to. `object_id` is 0 for what a plan has not made yet."""

    object_type: str
    object_id: int
    outcome: str = ""
    amount: Decimal | None = None
    currency_id: str = ""


@dataclass(slots=True)
class Tally:
    """How many objects, and how much money by currency."""

    count: int = 0
    amounts: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, touched: Iterable[Touched]) -> Self:
        """Counts these too."""
        for one in touched:
            self.count += 1
            if one.amount is not None:
                self.amounts[one.currency_id] += one.amount
        return self

    def merge(self, other: "Tally") -> Self:
        """Counts all that another one did."""
        self.count += other.count
        for currency, amount in other.amounts.items():
            self.amounts[currency] += amount
        return self

    def frozen(self) -> dict[str, str]:
        """The amounts as a row keeps them."""
        return {currency: f"{amount.normalize():f}" for currency, amount in sorted(self.amounts.items())}


def thaw_amounts(stored: Any) -> dict[str, Decimal]:
    """The amounts that `Tally.frozen` kept."""
    return {str(currency): Decimal(amount) for currency, amount in dict(stored).items()}
