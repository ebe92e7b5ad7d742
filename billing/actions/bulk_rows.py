"""Many new rows at once: PostgreSQL's COPY, elsewhere `bulk_create`. The one place that knows of COPY."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, models

BATCH = 1000


def insert_many[Row: models.Model](rows: Sequence[Row]) -> Sequence[Row]:
    """Writes new rows of one model and gives them their ids, as `bulk_create` does. Call it in a transaction.

    Constraints are checked as ever; one that does not hold raises IntegrityError and nothing is written. Not for
    models with `auto_now` columns: nothing is made up on the way.
    """
    if not rows:
        return rows
    model = type(rows[0])
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(rows, batch_size=BATCH)
        return rows
    fields = model._meta.concrete_fields
    for row, number in zip(rows, _take_numbers(model, len(rows)), strict=True):
        row.pk = number
        row._state.adding, row._state.db = False, connection.alias
    readers = [(field.attname, _writer(field)) for field in fields]
    _copy(model, fields, ([write(getattr(row, name)) for name, write in readers] for row in rows))
    return rows


def insert_values(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> Sequence[int]:
    """The same for rows that nobody needs as objects: values by column (`client_id`), alike in all; returns the ids.

    What they leave out takes the default of its field.
    """
    if not rows:
        return []
    if connection.vendor != "postgresql":
        made = model._default_manager.bulk_create([model(**row) for row in rows], batch_size=BATCH)
        return [row.pk for row in made]
    numbers = _take_numbers(model, len(rows))
    given = rows[0].keys()
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    named = [field for field in fields if field.attname in given]
    others = [field for field in fields if field.attname not in given]
    defaults = [_writer(field)(field.get_default()) for field in others]
    writers = [(field.attname, _writer(field)) for field in named]
    values = (
        [number, *(write(row[name]) for name, write in writers), *defaults]
        for number, row in zip(numbers, rows, strict=True)
    )
    _copy(model, [model._meta.pk, *named, *others], values)
    return numbers


def _take_numbers(model: type[models.Model], count: int) -> list[int]:
    """As many ids of the table's sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, count],
        )
        return [number for (number,) in cursor.fetchall()]


def _writer(field: Any) -> Any:
    """What brings a value into the shape that the database takes; only JSON has to be told what it is."""
    if isinstance(field, models.JSONField):
        return lambda value: field.get_db_prep_save(value, connection)
    return lambda value: value


def _copy(model: type[models.Model], fields: Sequence[Any], rows: Iterable[Sequence[Any]]) -> None:
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in fields)
    statement = f"COPY {quoted(model._meta.db_table)} ({columns}) FROM STDIN"
    # Django's own cursor turns database errors into its own; `copy` has to be asked of the one beneath.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        for values in rows:
            copy.write_row(values)
