"""Duties about rows of one table: the candidates of a queryset by their ids, in batches."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from django.db import models
from django.db.models import QuerySet

from billing.actions.locking import lock_clients
from billing.automation.duty import Batch, Duty, Intent
from billing.automation.night import Night, Touched


class RowDuty[Row: models.Model](Duty[Row, Row]):
    """A duty whose candidates are rows of one table."""

    batch_size = 100
    # Leads from a row to its client, who is locked before it (`billing.actions.locking`); "" where none is concerned.
    client_path: ClassVar[str] = ""

    @abstractmethod
    def candidates(self, night: Night) -> QuerySet[Row]:
        """Everything that the duty has to do now; what was done is not among it."""

    @abstractmethod
    def intend(self, night: Night, row: Row) -> Touched | None:
        """What is to be done to the candidate; None for nothing after all."""

    def find(self, night: Night, *, after: int, limit: int, is_locked: bool) -> Batch[Row] | None:
        """By ids; the rows themselves are locked, not what they were joined with."""
        found = self.candidates(night).filter(pk__gt=after).order_by("pk")
        if not is_locked:
            rows = list(found[:limit])
            return Batch(rows, rows[-1].pk) if rows else None
        keys = list(found.values_list("pk", self.client_path or "pk")[:limit])
        if not keys:
            return None
        if self.client_path:
            lock_clients({client_id for _pk, client_id in keys})
        # Judged again under the locks: what changed meanwhile is no candidate any more.
        locked = self.candidates(night).filter(pk__in=[pk for pk, _client_id in keys]).order_by("pk")
        return Batch(list(locked.select_for_update(of=("self",), no_key=True)), keys[-1][0])

    def judge(self, night: Night, rows: Sequence[Row]) -> list[Intent[Row]]:
        """Row by row."""
        intended = ((row, self.intend(night, row)) for row in rows)
        return [Intent(row, touched) for row, touched in intended if touched is not None]


class Sweep[Row: models.Model](RowDuty[Row]):
    """A duty that takes its rows one after another."""

    @abstractmethod
    def do(self, night: Night, row: Row) -> bool:
        """Does it, in the caller's transaction, with the row locked; False if there was nothing to do after all."""

    def act(self, night: Night, intents: Sequence[Intent[Row]]) -> list[Touched]:
        """Row by row."""
        return [intent.touched for intent in intents if self.do(night, intent.deed)]
