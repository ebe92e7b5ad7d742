"""`manage.py protect_ledger`: puts the triggers of the ledger and the audit trail back where they are missing."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from billing.append_only import find_missing, put_up


class Command(BaseCommand):
    help = "Makes every trigger that keeps the ledger and the audit trail as they were written."
    # The check that finds them missing would refuse to run what puts them back.
    requires_system_checks: list[str] = []

    def handle(self, *arguments: Any, **options: Any) -> None:
        missing = find_missing(connection)
        with transaction.atomic():
            put_up(connection)
        self.stdout.write(f"Put back: {', '.join(missing)}" if missing else "Nothing was missing.")
