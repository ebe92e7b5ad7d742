"""`manage.py check_health`: can this process reach what it stands on? For containers without a web server."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.queries.health import find_outages


class Command(BaseCommand):
    help = "Fails if the database or the broker cannot be reached."
    requires_system_checks: list[str] = []

    def handle(self, *arguments: Any, **options: Any) -> None:
        outages = find_outages()
        if outages:
            raise CommandError(", ".join(f"{part}: {kind}" for part, kind in outages.items()))
        self.stdout.write("ok")
