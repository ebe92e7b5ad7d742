"""What a piece of work sent to PostgreSQL, and the same once more for other rows by bare psycopg."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

import psycopg
from django.db import connection

# Beyond every id so far, and so far apart that an id tells of which table it is.
BEYOND, APART = 10**8, 10**6


class Statement(NamedTuple):
    """One statement as Django gave it to psycopg, and the ids that it returned."""

    text: str
    values: Any
    is_in_transaction: bool
    ids: Sequence[int]


@dataclass
class Recording:
    """The statements of each piece of work, in their order."""

    pieces: list[list[Statement]] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Records what this process sends meanwhile; `begin` starts each piece."""
        with connection.execute_wrapper(self._record):
            yield

    def begin(self) -> None:
        """What comes from now on belongs to the next piece of work."""
        self.pieces.append([])

    def _record(self, execute: Callable[..., Any], text: str, values: Any, many: bool, context: Any) -> Any:
        done = execute(text, values, many, context)
        ids = _returned(context["cursor"].cursor.pgresult) if "RETURNING" in text else ()
        self.pieces[-1].append(Statement(sys.intern(text), values, connection.in_atomic_block, ids))
        return done

    def replay(self, to: psycopg.Connection[Any], pieces: Iterable[dict[Any, Any]]) -> None:
        """Sends each piece again with other values; `pieces` says which stand for which, and learns the new ids.

        `to` commits by itself; what was one transaction is one again.
        """
        for statements, others in zip(self.pieces, pieces, strict=True):
            for is_in_transaction, group in groupby(statements, key=lambda one: one.is_in_transaction):
                if is_in_transaction:
                    with to.transaction():
                        _send(to, group, others)
                else:
                    _send(to, group, others)


def move_ids_apart() -> None:
    """Rows made from now on have ids that no other table has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_serial_sequence(quote_ident(table_name), column_name) FROM information_schema.columns "
            "WHERE table_schema = 'public' AND is_identity = 'YES' AND data_type = 'bigint' ORDER BY table_name"
        )
        for number, (sequence,) in enumerate(cursor.fetchall(), start=1):
            cursor.execute("SELECT setval(%s::regclass, %s)", [sequence, BEYOND + number * APART])


def _returned(result: Any) -> Sequence[int]:
    """What is no number is another default of the database than an id."""
    found = [result.get_value(row, 0) for row in range(result.ntuples)]
    return [int(value) for value in found if value.isdigit()]


def _send(to: psycopg.Connection[Any], statements: Iterable[Statement], others: dict[Any, Any]) -> None:
    for text, values, _is_in_transaction, ids in statements:
        cursor = to.execute(text, _translated(values, others))
        if cursor.description is None:
            continue
        rows = cursor.fetchall()
        others.update((mine, row[0]) for mine, row in zip(ids, rows, strict=False))


def _translated(values: Any, others: dict[Any, Any]) -> Any:
    """Each value that stands for another one, in lists too; documents stay as they are."""
    if isinstance(values, list | tuple):
        return type(values)(_translated(value, others) for value in values)
    return others.get(values, values) if isinstance(values, int | str) else values
