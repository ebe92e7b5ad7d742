"""Whether a product can be sold: the points that decide it, in words."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Model


class Aspect(StrEnum):
    """What a point is about."""

    SHELF = "shelf"
    PRICE = "price"
    TARIFF = "tariff"
    PERIODS = "periods"
    FIELDS = "fields"
    QUANTITY = "quantity"
    OPTIONS = "options"
    ACCOUNT = "account"
    STOCK = "stock"


class State(StrEnum):
    """MISSING: nobody can buy it, or nobody gets it by themselves. NOTE: worth knowing."""

    DONE = "done"
    NOTE = "note"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Point:
    """One line of the list. `field`: the input of the product that decides it; `subject`: what does, if elsewhere."""

    aspect: Aspect
    state: State
    words: str
    field: str = ""
    subject: Model | None = None


@dataclass(frozen=True, slots=True)
class Readiness:
    """All points of a product."""

    points: tuple[Point, ...]

    @property
    def missing(self) -> list[Point]:
        """What keeps it from being sold."""
        return [point for point in self.points if point.state == State.MISSING]

    @property
    def is_ready(self) -> bool:
        """Whether clients can buy it and get it."""
        return not self.missing
