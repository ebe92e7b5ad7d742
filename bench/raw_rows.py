"""Many rows at once by SQL: a row for each number, for tables that have to be large before anything is measured."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Field, JSONField, Model

# Ids of its own, beyond those of everything else that is measured.
BASE = 10**12
NUMBERS = "WITH RECURSIVE g (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM g WHERE number < {count})"


def insert_rows(model: type[Model], columns: Mapping[str, str], *, where: str = "true") -> str:
    """SQL for `run` that writes a row for each number; what `columns` leave out takes the default of its field."""
    expressions = dict(columns)
    for field in model._meta.concrete_fields:
        if field.attname not in expressions:
            expressions[field.attname] = "NULL" if field.null else _literal(field)
    names, values = ", ".join(expressions), ", ".join(expressions.values())
    return f"{NUMBERS} INSERT INTO {model._meta.db_table} ({names}) SELECT {values} FROM g WHERE {where}"


def _literal(field: "Field[Any, Any]") -> str:
    value = field.get_default()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | Decimal):
        return str(value)
    text = json.dumps(value) if isinstance(field, JSONField) else str(value)
    return "'" + text.replace("'", "''").replace("{", "{{").replace("}", "}}") + "'"


def settle_statistics() -> None:
    """What a database that grew day by day would have: statistics, and no dead rows."""
    run("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def run(statement: str, **values: int) -> None:
    """Executes SQL with `{base}` and the other names filled in."""
    words = {"base": BASE, **values}
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**words))
