"""SQLite: three triggers a table. Balance is not checked here: SQLite has no trigger that waits for the commit."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

_TRIGGERS: Final[Mapping[str, str]] = {
    "no_update": "BEFORE UPDATE ON {table}",
    "no_delete": "BEFORE DELETE ON {table}",
    # INSERT OR REPLACE removes the row in its way without asking the trigger of DELETE.
    "no_replace": "BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)",
}


def expected_triggers(tables: Sequence[str]) -> dict[str, str]:
    """Name → the statement that makes it, as SQLite keeps it."""
    return {
        f"{table}_{name}": f"CREATE TRIGGER {table}_{name} {occasion.format(table=table)} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: add a correction instead'); END"
        for table in tables
        for name, occasion in _TRIGGERS.items()
    }


def create_statements(tables: Sequence[str]) -> list[str]:
    """What makes them."""
    return list(expected_triggers(tables).values())


def drop_statements(tables: Sequence[str]) -> list[str]:
    """What removes those that are there."""
    return [f"DROP TRIGGER IF EXISTS {name}" for name in expected_triggers(tables)]


def read_triggers(cursor: Any, tables: Sequence[str]) -> dict[str, str]:
    """Name → statement of the triggers that stand on `tables`."""
    places = ", ".join(["%s"] * len(tables))
    cursor.execute(f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({places})", tables)  # noqa: S608
    return dict(cursor.fetchall())
