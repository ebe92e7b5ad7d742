"""Primary keys that are never mistaken: each table's begin at a million of its own, far above the amounts of tests.

In an empty database the first client, service and invoice are all number 1: whoever takes one for another is right by
luck, and a sum of money may equal somebody's number.
"""

from django.apps import apps
from django.db import connection
from django.db.models import AutoField, Model

APART = 1_000_000


def keep_apart() -> None:
    """Moves the counters of all tables up to where theirs begin; those that are there already stay."""
    connection.ensure_connection()
    move = _move_on_postgres if connection.vendor == "postgresql" else _move_on_sqlite
    for place, model in enumerate(_counted(), start=20):
        move(model, place * APART)


def _counted() -> list[type[Model]]:
    models = apps.get_models(include_auto_created=True)
    ours = (model for model in models if isinstance(model._meta.pk, AutoField))
    return sorted(ours, key=lambda model: model._meta.label)


def _move_on_postgres(model: type[Model], start: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [model._meta.db_table, model._meta.pk.column])
        (sequence,) = cursor.fetchone()
        cursor.execute(f"SELECT setval(%s, greatest(last_value, %s)) FROM {sequence}", [sequence, start])


def _move_on_sqlite(model: type[Model], start: int) -> None:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sqlite_sequence SET seq = max(seq, %s) WHERE name = %s", [start, table])
        if not cursor.rowcount:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, start])
