"""Rows of old tables, as text: what dumps and CSV files are read into."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

type Row = Mapping[str, str]


@dataclass(slots=True)
class Table:
    """Columns in the order in which they were first seen; NULL is "", and so is a column that a row lacks."""

    name: str
    columns: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def add(self, columns: Iterable[str], values: Iterable[str | None]) -> None:
        """One row. Raises ValueError where it has more or fewer values than columns."""
        named = dict(zip(columns, values, strict=True))
        self.columns += [column for column in named if column not in self.columns]
        self.rows.append({column: value or "" for column, value in named.items()})


type Tables = dict[str, Table]


def rows_of(tables: Tables, name: str) -> list[Row]:
    """The rows of a table, [] where it was not given."""
    return tables[name].rows if name in tables else []
