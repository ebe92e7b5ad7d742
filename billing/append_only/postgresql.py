"""PostgreSQL: changes are refused row by row, TRUNCATE as a whole, and what is posted has to balance by the commit.

Balance costs little because it is judged set by set. After each statement that adds entries, one query over just these
finds postings that do not sum to zero in a currency; only they are looked at again at the commit, when entries that
came in several statements are all there. A trigger that sums up each posting by itself was ten times as dear, and
endless on an empty ledger, whose statistics made every look-up a scan (docs/adr/0015-append-only-by-triggers.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

# Postings of transactions under way that did not balance when a statement ended. Empty at every other moment.
PENDING: Final = "billing_unbalancedposting"
POSTING, ENTRY = "billing_posting", "billing_ledgerentry"

# Bits of pg_trigger.tgtype.
_ROW, _BEFORE, _INSERT, _DELETE, _UPDATE, _TRUNCATE = 1, 2, 4, 8, 16, 32
# On an empty table the planner prefers to scan all of it, and keeps that plan while the table grows.
_BY_INDEX: Final = "SET enable_seqscan = off SET jit = off"

_REFUSE: Final = """
BEGIN
    RAISE EXCEPTION '% is append-only: add a correction instead', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
"""
_NOTE_UNBALANCED: Final = """
BEGIN
    INSERT INTO billing_unbalancedposting (posting_id)
    SELECT DISTINCT posting_id
    FROM (SELECT posting_id FROM added GROUP BY posting_id, currency_id HAVING sum(amount) <> 0) AS unbalanced;
    RETURN NULL;
END
"""
_REQUIRE_BALANCE: Final = """
BEGIN
    IF EXISTS (
        WITH entry AS MATERIALIZED (
            SELECT currency_id, amount FROM billing_ledgerentry WHERE posting_id = NEW.posting_id
        )
        SELECT FROM entry GROUP BY currency_id HAVING sum(amount) <> 0
    ) THEN
        RAISE EXCEPTION 'posting % does not sum to zero', NEW.posting_id USING ERRCODE = 'check_violation';
    END IF;
    DELETE FROM billing_unbalancedposting WHERE posting_id = NEW.posting_id;
    RETURN NULL;
END
"""
_REQUIRE_ENTRIES: Final = """
BEGIN
    IF NOT EXISTS (SELECT FROM billing_ledgerentry WHERE posting_id = NEW.id) THEN
        RAISE EXCEPTION 'posting % has no entries', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
"""


@dataclass(frozen=True, slots=True)
class Function:
    """What a trigger does."""

    name: str
    body: str
    settings: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """When it does it; `kind` is how pg_trigger.tgtype says the same."""

    name: str
    table: str
    occasion: str
    kind: int
    function: Function
    is_constraint: bool = False


_REFUSING = Function("billing_append_only", _REFUSE)
_NOTING = Function("billing_note_unbalanced", _NOTE_UNBALANCED)
_BALANCE = Function("billing_require_balance", _REQUIRE_BALANCE, _BY_INDEX)
_ENTRIES = Function("billing_require_entries", _REQUIRE_ENTRIES, _BY_INDEX)
_FUNCTIONS = (_REFUSING, _NOTING, _BALANCE, _ENTRIES)
_AT_COMMIT: Final = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
_BALANCING: Final[Mapping[str, tuple[Trigger, ...]]] = {
    POSTING: (
        Trigger(
            f"{POSTING}_has_entries",
            POSTING,
            f"AFTER INSERT ON {POSTING} {_AT_COMMIT}",
            _ROW | _INSERT,
            _ENTRIES,
            is_constraint=True,
        ),
    ),
    ENTRY: (
        Trigger(
            f"{ENTRY}_balance",
            ENTRY,
            f"AFTER INSERT ON {ENTRY} REFERENCING NEW TABLE AS added FOR EACH STATEMENT",
            _INSERT,
            _NOTING,
        ),
        Trigger(
            f"{PENDING}_balance",
            PENDING,
            f"AFTER INSERT ON {PENDING} {_AT_COMMIT}",
            _ROW | _INSERT,
            _BALANCE,
            is_constraint=True,
        ),
    ),
}


def _triggers_of(table: str) -> tuple[Trigger, ...]:
    change, truncate = _ROW | _BEFORE | _UPDATE | _DELETE, _BEFORE | _TRUNCATE
    return (
        Trigger(f"{table}_no_change", table, f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW", change, _REFUSING),
        Trigger(f"{table}_no_truncate", table, f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT", truncate, _REFUSING),
        *_BALANCING.get(table, ()),
    )


def _triggers(tables: Sequence[str]) -> list[Trigger]:
    return [trigger for table in tables for trigger in _triggers_of(table)]


def expected_triggers(tables: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Name → its table, that it is on, its occasion, no condition, its function and what that does."""
    return {
        trigger.name: (trigger.table, True, trigger.kind, True, trigger.function.name, trigger.function.body)
        for trigger in _triggers(tables)
    }


def create_statements(tables: Sequence[str]) -> list[str]:
    """What makes the functions and the triggers."""
    functions = [
        f"CREATE OR REPLACE FUNCTION {one.name}() RETURNS trigger LANGUAGE plpgsql {one.settings} AS $${one.body}$$"
        for one in _FUNCTIONS
    ]
    triggers = [
        f"CREATE {'CONSTRAINT ' if one.is_constraint else ''}TRIGGER {one.name} {one.occasion} "
        f"EXECUTE FUNCTION {one.function.name}()"
        for one in _triggers(tables)
    ]
    pending = (
        f"CREATE TABLE IF NOT EXISTS {PENDING} (posting_id bigint NOT NULL)",
        f"CREATE INDEX IF NOT EXISTS {PENDING}_posting_id ON {PENDING} (posting_id)",
    )
    return [*pending, *functions, *triggers]


def drop_statements(tables: Sequence[str]) -> list[str]:
    """What removes those that are there, and the functions with them."""
    names = ", ".join(f"{one.name}()" for one in _FUNCTIONS)
    tables_of = [(one.name, one.table) for one in _triggers(tables) if one.table != PENDING]
    return [
        *(f"DROP TRIGGER IF EXISTS {name} ON {table}" for name, table in tables_of),
        f"DROP TABLE IF EXISTS {PENDING}",
        f"DROP FUNCTION IF EXISTS {names}",
    ]


def read_triggers(cursor: Any, tables: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """What `expected_triggers` tells, as the database has it."""
    cursor.execute(
        """
        SELECT t.tgname, c.relname, t.tgenabled IN ('O', 'A'), t.tgtype, t.tgqual IS NULL, p.proname, p.prosrc
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid) AND c.relname = ANY(%s)
        """,
        [[*tables, PENDING]],
    )
    return {name: tuple(facts) for name, *facts in cursor.fetchall()}
