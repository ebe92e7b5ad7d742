"""`manage.py import_statement FILE`: reads a bank statement; people confirm its transfers in the back office."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.actions.bank_statements import StatementRefused, import_statement
from billing.queries.bank_transfers import count_by_outcome
from billing.queries.clock import database_now
from billing.statements.warnings import warning_words


class Command(BaseCommand):
    help = "Reads a bank statement (CAMT or 1C client bank) and proposes what its transfers pay. Records no money."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the file as the bank gave it")

    def handle(self, *arguments: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        try:
            statement = import_statement(
                content=content, file_name=path.name, actor="import_statement", now=database_now()
            )
        except StatementRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"transfers: {statement.transfers_found}")
        self.stdout.write(f"known already: {statement.transfers_known}")
        for outcome, count in count_by_outcome(statement).items():
            self.stdout.write(f"{outcome.lower()}: {count}")
        for warning in warning_words(statement.warnings):
            self.stdout.write(self.style.WARNING(warning))
