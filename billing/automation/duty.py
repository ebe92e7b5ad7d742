"""The shape of a duty: find, judge, act. A plan stops before `act`; everything else is the same."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from django.utils.functional import Promise

from billing.automation.night import Night, Tally, Touched


class Batch[Row](NamedTuple):
    """Some candidates in the order of their keys; the next batch begins after `last_key`."""

    rows: Sequence[Row]
    last_key: int


class Intent[Deed](NamedTuple):
    """What is to be done, as the plan counts it; `deed` is the candidate, or what was made of it."""

    deed: Deed
    touched: Touched


class Duty[Row, Deed](ABC):
    """One step of the nightly run.

    Doing it again the same night changes nothing: what was done is no candidate any more. `ends_services`: the brake
    on the share of services ended counts it. `is_one_step`: what it did cannot be seen by looking, so it is done and
    closed in one transaction.
    """

    code: ClassVar[str]
    label: ClassVar[str | Promise]
    # What the page says that it does.
    words: ClassVar[str | Promise]
    ends_services: ClassVar[bool] = False
    is_one_step: ClassVar[bool] = False
    batch_size: ClassVar[int] = 500

    @abstractmethod
    def find(self, night: Night, *, after: int, limit: int, is_locked: bool) -> Batch[Row] | None:
        """The next candidates with keys above `after`, locked if something will be done to them; None at the end."""

    @abstractmethod
    def judge(self, night: Night, rows: Sequence[Row]) -> list[Intent[Deed]]:
        """What is to be done to which of them; writes nothing."""

    @abstractmethod
    def act(self, night: Night, intents: Sequence[Intent[Deed]]) -> list[Touched]:
        """Does it, in the transaction of the caller; returns what was touched."""

    def name_of(self, row: Row) -> tuple[str, int]:
        """Kind and number of a candidate, to say which one failed."""
        pk: int = getattr(row, "pk", 0)
        return type(row).__name__.lower(), pk

    def intents(self, night: Night) -> Iterator[list[Intent[Deed]]]:
        """Everything that would be done, batch by batch; writes nothing."""
        after = 0
        while batch := self.find(night, after=after, limit=self.batch_size, is_locked=False):
            after = batch.last_key
            yield self.judge(night, batch.rows)

    def plan(self, night: Night) -> Tally:
        """How much would be done; as much memory as a batch needs."""
        tally = Tally()
        for intents in self.intents(night):
            tally.add(intent.touched for intent in intents)
        return tally
