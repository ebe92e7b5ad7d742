"""What `manage.py check --database default` and `migrate` ask the database: does the ledger still guard itself, and
does the database know how large its tables are?
"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from billing.append_only import TABLES, find_missing

_MIGRATION = "_ledger_triggers"


@register(Tags.database)
def check_append_only(*, databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """An Error for each trigger of the ledger or the audit trail that is missing or altered."""
    return [message for alias in databases or () for message in _look_at(alias)]


def _look_at(alias: str) -> list[CheckMessage]:
    connection = connections[alias]
    recorder = MigrationRecorder(connection)
    if not recorder.has_table() or not recorder.migration_qs.filter(app="billing").exists():
        return []
    if not recorder.migration_qs.filter(app="billing", name__endswith=_MIGRATION).exists():
        words = "The ledger of this database can be changed by anybody who reaches it."
        return [Warning(words, hint="Run `manage.py migrate`.", obj=alias, id="billing.W001")]
    return [
        Error(
            f"The trigger {name} is missing or altered: rows of {', '.join(TABLES)} are not safe from changes.",
            hint="Find out who removed it and what was changed meanwhile (`manage.py audit_ledger`), then run "
            "`manage.py protect_ledger`.",
            obj=alias,
            id="billing.E001",
        )
        for name in find_missing(connection)
    ]


@register(Tags.database)
def check_autovacuum(*, databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """A Warning where PostgreSQL keeps no statistics by itself: large nights take many times as long then."""
    words = "Autovacuum is off: PostgreSQL plans its queries for tables as they were long ago."
    hint = "Turn it on, or run `VACUUM ANALYZE` every day."
    return [
        Warning(words, hint=hint, obj=alias, id="billing.W002") for alias in databases or () if _lacks_autovacuum(alias)
    ]


def _lacks_autovacuum(alias: str) -> bool:
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('autovacuum')::boolean")
        (is_on,) = cursor.fetchone()
    return not is_on
