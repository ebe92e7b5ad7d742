"""What every report is: columns, and a table for each currency."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from django.utils.functional import Promise

from billing.queries.reports.spans import Step
from billing.queries.reports.wishes import Asks, Wishes

type Cell = str | int | Decimal | Step | None
type Row = tuple[Cell, ...]


class Sort(StrEnum):
    """What the cells of a column are. CLIENT and PRODUCT are numbers of rows that have a page."""

    TEXT = "text"
    STEP = "period"
    CLIENT = "client"
    PRODUCT = "product"
    COUNT = "count"
    MONEY = "money"
    PERCENT = "percent"

    @property
    def is_figure(self) -> bool:
        """Whether it stands to the right."""
        return self in (Sort.COUNT, Sort.MONEY, Sort.PERCENT)


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its stable code; `label` for people."""

    code: str
    label: str | Promise
    sort: Sort = Sort.MONEY


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the chart of a section."""

    label: str | Step
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Section:
    """The table of one currency. `totals` has a cell a column, None where a sum says nothing.

    `left`: how many rows there are that are not shown; the totals count them all.
    """

    currency: str
    rows: Sequence[Row]
    totals: Row
    bars: Sequence[Bar] = ()
    left: int = 0
    notes: Sequence[str] = field(default=())


class Report(ABC):
    """One report. Its queries are as many for a million rows as for one."""

    code: ClassVar[str]
    title: ClassVar[str | Promise]
    words: ClassVar[str | Promise]
    bar_label: ClassVar[str | Promise] = ""
    asks: ClassVar[Asks]
    columns: ClassVar[tuple[Column, ...]]

    @abstractmethod
    def sections(self, wishes: Wishes, *, limit: int) -> list[Section]:
        """A table for each currency with figures, at most `limit` rows in each, by currency code."""

    def all_rows(self, wishes: Wishes) -> Iterator[tuple[str, Row]]:
        """Currency and row, all of them; a report whose rows have no end in sight reads them bit by bit."""
        for section in self.sections(wishes, limit=0):
            for row in section.rows:
                yield section.currency, row


def total_of(rows: Iterable[Row], columns: Sequence[Column], *, label: str) -> Row:
    """The sums of counts and amounts below the rows, the label in the first cell."""
    figures = list(zip(*rows, strict=True)) or [()] * len(columns)
    sums: list[Cell] = [label]
    for column, cells in zip(columns[1:], figures[1:], strict=True):
        known = [cell for cell in cells if isinstance(cell, int | Decimal)]
        sums.append(sum(known, Decimal(0)) if column.sort is Sort.MONEY else None)
        if column.sort is Sort.COUNT:
            sums[-1] = int(sum(known))
    return tuple(sums)
