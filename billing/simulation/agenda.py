"""What is to happen when: things written down for a moment, done in their order."""

import heapq
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from random import Random

from django.db import models
from django.db.models import QuerySet

Deed = Callable[[], None]


class Agenda:
    """Deeds by moment; of two at one moment the earlier written down comes first."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Deed]] = []
        self._numbers = count()

    def add(self, moment: datetime, deed: Deed) -> None:
        """Writes a deed down."""
        heapq.heappush(self._heap, (moment, next(self._numbers), deed))

    def due(self, until: datetime) -> Iterator[tuple[datetime, Deed]]:
        """Takes out what comes before that moment; what is written down meanwhile is among it."""
        while self._heap and self._heap[0][0] < until:
            moment, _number, deed = heapq.heappop(self._heap)
            yield moment, deed


def pick[Row: models.Model](dice: Random, rows: QuerySet[Row]) -> Row | None:
    """One of them by chance, the same for the same dice; None where there is none."""
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    return rows.get(pk=dice.choice(keys)) if keys else None
