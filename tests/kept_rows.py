"""What the real actions made once, put back row by row for the next test: a tenth of the time.

Rows keep their primary keys, so they are only put back where their tables are empty; times near the moment of making
move along with the clock. On what the rows depend (keys, addresses) is for the caller to say with `key`.
"""

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model
from django.db.models.sql import InsertQuery
from django.utils import timezone

NEAR = timedelta(seconds=30)
APPS = ("noc", "catalog", "billing")
_kept: dict[object, "KeptRows"] = {}


@dataclass(slots=True)
class KeptRows:
    """Statements that insert the rows, and what the maker returned."""

    made_at: datetime
    answer: bytes
    tables: list[str] = field(default_factory=list)
    statements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    moments: dict[Any, timedelta] = field(default_factory=dict)

    def can_be_put_back(self) -> bool:
        """Whether none of the tables has a row."""
        union = " UNION ALL ".join(f"SELECT 1 FROM {connection.ops.quote_name(table)}" for table in self.tables)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT EXISTS ({union})")
            return not cursor.fetchone()[0]

    def put_back(self) -> Any:
        """The same rows as of this moment; what the maker returned."""
        now = timezone.now()
        moved = {old: _written(now + distance) for old, distance in self.moments.items()}
        # Tables come in no order that suits their foreign keys: those are judged at the end.
        with transaction.atomic(), connection.cursor() as cursor:
            for sql, values in self.statements:
                cursor.execute(sql, [moved.get(value, value) if _can_move(value) else value for value in values])
        return pickle.loads(self.answer)


def made_once[Made](make: Callable[[], Made], *, key: object) -> Made:
    """What `make` makes: in truth for the first caller, put back for the following ones of this process."""
    whole_key = (key, tuple(settings.FIELD_ENCRYPTION_KEYS))
    if (kept := _kept.get(whole_key)) is not None:
        return kept.put_back() if kept.can_be_put_back() else make()
    before = {model: set(model._base_manager.values_list("pk", flat=True)) for model in _models()}
    made_at = timezone.now()
    made = make()
    kept = KeptRows(made_at, pickle.dumps(made))
    for model, known in before.items():
        if rows := list(model._base_manager.exclude(pk__in=known).order_by("pk")):
            _keep(kept, model, rows)
    _kept[whole_key] = kept
    return made


def _models() -> Iterator[type[Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in APPS and model._meta.managed and not model._meta.proxy:
            yield model


def _keep(kept: KeptRows, model: type[Model], rows: list[Model]) -> None:
    fields = model._meta.concrete_fields
    query = InsertQuery(model)
    query.insert_values(fields, rows, raw=True)
    kept.statements += query.get_compiler(connection=connection).as_sql()
    kept.tables.append(model._meta.db_table)
    for value in (getattr(row, one.attname) for row in rows for one in fields):
        if isinstance(value, datetime) and abs(value - kept.made_at) < NEAR:
            kept.moments[_written(value)] = value - kept.made_at


def _written(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _can_move(value: Any) -> bool:
    return isinstance(value, str | datetime)
