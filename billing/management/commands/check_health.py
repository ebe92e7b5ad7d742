"""`manage.py check_health`: can this process reach what it stands on? For containers without a web server."""

from typing import Any

from django.core.checks import ERROR
from django.core.management.base import BaseCommand, CommandError

from billing.checks import check_append_only
from billing.queries.health import find_outages


class Command(BaseCommand):
    help = "Fails if the database or the broker cannot be reached, or the ledger can be changed."
    requires_system_checks: list[str] = []

    def handle(self, *arguments: Any, **options: Any) -> None:
        outages = find_outages()
        # For whoever watches. It is no reason to stop serving: /health/ready does not ask.
        if "database" not in outages and any(one.level >= ERROR for one in check_append_only(databases=["default"])):
            outages["ledger"] = "unprotected"
        if outages:
            raise CommandError(", ".join(f"{part}: {kind}" for part, kind in outages.items()))
        self.stdout.write("ok")
