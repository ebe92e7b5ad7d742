"""Duties that look at the whole at once: there is nothing to count before they are done."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Literal

from billing.automation.duty import Batch, Duty, Intent
from billing.automation.night import Night, Tally, Touched

WHOLE: Literal["whole"] = "whole"


class Chore(Duty[str, str]):
    """A duty with a single step."""

    is_one_step = True

    @abstractmethod
    def perform(self, night: Night) -> list[Touched]:
        """Does it; returns what was touched."""

    def find(self, night: Night, *, after: int, limit: int, is_locked: bool) -> Batch[str] | None:
        """The whole, once."""
        return Batch([WHOLE], 1) if after < 1 else None

    def judge(self, night: Night, rows: Sequence[str]) -> list[Intent[str]]:
        """It is always to be done."""
        return [Intent(row, Touched(WHOLE, 1)) for row in rows]

    def act(self, night: Night, intents: Sequence[Intent[str]]) -> list[Touched]:
        """Does it."""
        return self.perform(night)

    def plan(self, night: Night) -> Tally:
        """Nothing that could be counted."""
        return Tally()

    def name_of(self, row: str) -> tuple[str, int]:
        """The whole."""
        return WHOLE, 1
