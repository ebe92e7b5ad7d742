"""Many new rows at once: PostgreSQL's COPY, elsewhere `bulk_create`. The one place that knows of COPY."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

BATCH = 1000


def insert_many[Row: models.Model](rows: Sequence[Row]) -> Sequence[Row]:
    """Writes new rows of one model and gives them their ids, as `bulk_create` does. Call it in a transaction.

    Constraints are checked as ever; one that does not hold raises IntegrityError and nothing is written. Fields keep
    what `pre_save` would make of them only if they need nothing made: for `auto_now` columns use `bulk_create`.
    """
    if not rows:
        return rows
    model = type(rows[0])
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(rows, batch_size=BATCH)
        return rows
    _number(model, rows)
    fields = model._meta.concrete_fields
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in fields)
    statement = f"COPY {quoted(model._meta.db_table)} ({columns}) FROM STDIN"
    # Django's own cursor turns database errors into its own; `copy` has to be asked of the one beneath.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        for values in _values(rows, fields):
            copy.write_row(values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    return rows


def _number(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Takes as many ids of the table's sequence as there are rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, len(rows)],
        )
        for row, (number,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = number


def _values(rows: Sequence[models.Model], fields: Iterable[Any]) -> Iterable[list[Any]]:
    """The columns as the database takes them; only JSON has to be told what it is."""
    readers = [(field.attname, field if isinstance(field, models.JSONField) else None) for field in fields]
    for row in rows:
        yield [
            getattr(row, name) if field is None else field.get_db_prep_save(getattr(row, name), connection)
            for name, field in readers
        ]
