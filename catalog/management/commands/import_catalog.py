"""`manage.py import_catalog FILE [--dry-run] [--prune]`: makes the catalog say what the file says, all or nothing."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.actions.portable import import_catalog
from catalog.portable.reading import CatalogFileInvalid


class Command(BaseCommand):
    help = "Reads a file of export_catalog in. Prints what changes; applied twice, the second time changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--dry-run", action="store_true", help="check all and print the plan; change nothing")
        parser.add_argument(
            "--prune",
            action="store_true",
            help="take off sale what the file leaves out: products are retired, groups and options hidden, "
            "prices no longer offered",
        )

    def handle(self, *arguments: Any, **options: Any) -> None:
        try:
            text = Path(options["file"]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        try:
            changes = import_catalog(text=text, prune=options["prune"], dry_run=options["dry_run"])
        except CatalogFileInvalid as invalid:
            raise CommandError("Nothing was changed.\n" + "\n".join(invalid.errors)) from invalid
        for change in changes:
            self.stdout.write(str(change))
        ending = " (dry run: nothing was changed)" if options["dry_run"] else ""
        self.stdout.write(f"{len(changes)} changes{ending}")
