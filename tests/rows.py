"""All rows of our tables in SQLite, what changed between two moments, and the same change made again later."""

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import compress
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from tests.kept_rows import APPS, NEAR

ROUGHLY = timedelta(minutes=30)
# What lay seconds apart when it was made lies close together when it is put back, in the same order.
SQUEEZE = 100
# Drawn by lot for each user and key, and nothing but a login depends on them.
DRAWN = {"billing_user": ("password",), "billing_apikey": ("secret_hash",)}
Rows = dict[str, dict[Any, tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that the clock made up, as a distance from now."""

    away: timedelta

    def written(self, now: datetime) -> str:
        return str(now + (self.away / SQUEEZE if abs(self.away) < NEAR else self.away))


@dataclass(frozen=True, slots=True)
class Change:
    """One statement for one row."""

    sql: str
    values: tuple[Any, ...]


def read_rows() -> Rows:
    """Table → primary key → the row, its key first."""
    connection.ensure_connection()
    ask = connection.connection.execute
    return {
        table: {row[0]: row for row in ask(f'SELECT {_listed(columns)} FROM "{table}"')} for table, columns in _tables()
    }


def seen_from(rows: Rows, now: datetime) -> bytes:
    """A digest of the rows as far as they are the same whenever they are made."""
    naive = timezone.make_naive(now, UTC)
    seen = hashlib.sha256()
    for table, columns in _tables():
        told = [column not in DRAWN.get(table, ()) for column in columns]
        shown = [[_rough(value, naive) for value in compress(row, told)] for row in rows[table].values()]
        seen.update(repr(shown).encode())
    return seen.digest()


def changes_between(before: Rows, after: Rows, now: datetime) -> list[Change]:
    naive = timezone.make_naive(now, UTC)
    return [change for table, columns in _tables() for change in _changed(table, columns, before, after, naive)]


def write_changes(changes: list[Change], now: datetime) -> None:
    naive = timezone.make_naive(now, UTC)
    # Tables come in no order that suits their foreign keys: those are judged at the end.
    with transaction.atomic():
        for change in changes:
            values = (value.written(naive) if isinstance(value, Moment) else value for value in change.values)
            connection.connection.execute(change.sql, tuple(values))


@functools.cache
def _tables() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each table and its columns, the primary key first."""
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in APPS]
    return tuple(
        (model._meta.db_table, tuple(sorted(_columns(model), key=lambda name: name != model._meta.pk.column)))
        for model in models
        if model._meta.managed and not model._meta.proxy
    )


def _columns(model: type[Model]) -> Iterator[str]:
    return (field.column for field in model._meta.concrete_fields)


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _changed(table: str, columns: tuple[str, ...], before: Rows, after: Rows, now: datetime) -> Iterator[Change]:
    old, new = before[table], after[table]
    for key in old.keys() - new.keys():
        yield Change(f'DELETE FROM "{table}" WHERE "{columns[0]}" = ?', (key,))
    places = ", ".join("?" * len(columns))
    for key, row in new.items():
        if key not in old:
            values = tuple(_kept(value, now) for value in row)
            yield Change(f'INSERT INTO "{table}" ({_listed(columns)}) VALUES ({places})', values)
        elif old[key] != row:
            news = {name: value for name, was, value in zip(columns, old[key], row, strict=True) if was != value}
            sets = ", ".join(f'"{name}" = ?' for name in news)
            values = (*(_kept(value, now) for value in news.values()), key)
            yield Change(f'UPDATE "{table}" SET {sets} WHERE "{columns[0]}" = ?', values)


def is_of_the_clock(value: Any) -> bool:
    """Times that somebody wrote down have no fraction of a second."""
    return isinstance(value, datetime) and bool(value.microsecond)


def _rough(value: Any, now: datetime) -> Any:
    if not is_of_the_clock(value):
        return value
    return "now" if abs(value - now) < NEAR else (value - now) // ROUGHLY


def _kept(value: Any, now: datetime) -> Any:
    if is_of_the_clock(value):
        return Moment(value - now)
    return str(value) if isinstance(value, date | time) else value
