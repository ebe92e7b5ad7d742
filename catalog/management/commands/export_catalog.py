"""`manage.py export_catalog [FILE]`: all that is sold as one YAML file, to keep under version control."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.portable.writing import stored_catalog, to_yaml


class Command(BaseCommand):
    help = "Writes groups, products, prices, fields and options as one YAML file. No accounts, no passwords."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="where to write it; printed if left out")

    def handle(self, *arguments: Any, **options: Any) -> None:
        catalog = stored_catalog()
        text = to_yaml(catalog)
        if options["file"] is None:
            self.stdout.write(text, ending="")
            return
        try:
            Path(options["file"]).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error}") from error
        counts = f"{len(catalog.groups)} groups, {len(catalog.products)} products"
        self.stderr.write(f"{counts} written to {options['file']}")
