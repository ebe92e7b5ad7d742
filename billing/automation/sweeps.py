"""Duties that take rows one after another: the candidates of a queryset by their ids, in batches."""

from abc import abstractmethod
from collections.abc import Sequence

from django.db import models
from django.db.models import QuerySet

from billing.automation.duty import Batch, Duty, Intent
from billing.automation.night import Night, Touched


class Sweep[Row: models.Model](Duty[Row, Row]):
    """A duty whose candidates are rows of one table; `object_type` is what the items call them."""

    batch_size = 100

    @abstractmethod
    def candidates(self, night: Night) -> QuerySet[Row]:
        """Everything that the duty has to do now; what was done is not among it."""

    @abstractmethod
    def intend(self, night: Night, row: Row) -> Touched | None:
        """What is to be done to the candidate; None for nothing after all."""

    @abstractmethod
    def do(self, night: Night, row: Row) -> bool:
        """Does it, in the caller's transaction, with the row locked; False if there was nothing to do after all."""

    def find(self, night: Night, *, after: int, limit: int, is_locked: bool) -> Batch[Row] | None:
        """By ids; the rows themselves are locked, not what they were joined with."""
        found = self.candidates(night).filter(pk__gt=after).order_by("pk")
        if is_locked:
            found = found.select_for_update(of=("self",))
        rows = list(found[:limit])
        return Batch(rows, rows[-1].pk) if rows else None

    def judge(self, night: Night, rows: Sequence[Row]) -> list[Intent[Row]]:
        """Row by row."""
        intended = ((row, self.intend(night, row)) for row in rows)
        return [Intent(row, touched) for row, touched in intended if touched is not None]

    def act(self, night: Night, intents: Sequence[Intent[Row]]) -> list[Touched]:
        """Row by row."""
        return [intent.touched for intent in intents if self.do(night, intent.deed)]
