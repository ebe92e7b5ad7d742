"""What keeps the rows of the ledger and of the audit trail as they were written: triggers in the database itself.

Models and querysets refuse changes too, but only those that pass through them. The triggers stand whoever asks: raw
SQL, a shell, another program. A migration puts them up. Whatever makes a table anew takes its triggers along, which
is what SQLite does for many an altered column: such a migration ends with `put_up`, and the system check
(`billing.checks`) says so where it was forgotten.
"""

from types import ModuleType
from typing import Any, Final

from billing.append_only import postgresql, sqlite

TABLES: Final = ("billing_posting", "billing_ledgerentry", "billing_event")
_VENDORS: Final[dict[str, ModuleType]] = {"postgresql": postgresql, "sqlite": sqlite}


def put_up(connection: Any) -> None:
    """Makes the triggers of those tables that there are, anew where they stand. Call it inside a transaction."""
    vendor = _VENDORS[connection.vendor]
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        tables = [table for table in TABLES if table in there]
        for statement in (*vendor.drop_statements(TABLES), *vendor.create_statements(tables)):
            cursor.execute(statement)


def take_down(connection: Any) -> None:
    """Removes the triggers: for the way back of a migration, and for databases of tests."""
    with connection.cursor() as cursor:
        for statement in _VENDORS[connection.vendor].drop_statements(TABLES):
            cursor.execute(statement)


def find_missing(connection: Any) -> list[str]:
    """Names of triggers that are not there, are switched off, or do something else than they should; one query."""
    vendor = _VENDORS[connection.vendor]
    with connection.cursor() as cursor:
        standing = vendor.read_triggers(cursor, TABLES)
    return [name for name, wanted in vendor.expected_triggers(TABLES).items() if standing.get(name) != wanted]
