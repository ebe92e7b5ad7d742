"""`manage.py sync_account NAME`: reads one partner account whole, tells what disagrees, brings ours in line."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.actions.reconciliation import tend_account
from billing.actions.syncing import AccountBusy, LeaseLost
from billing.queries.clock import database_now
from noc.errors import PartnerError
from noc.models import Server


class Command(BaseCommand):
    help = "Reads everything on one partner account, records what disagrees, then takes over status, dates and keys."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="name of the server")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *arguments: Any, **options: Any) -> None:
        server = Server.objects.filter(name=options["name"]).first()
        if server is None:
            raise CommandError(f"There is no server “{options['name']}”.")
        try:
            report = tend_account(server_id=server.pk, clock=database_now, actor="sync_account")
        except (PartnerError, AccountBusy, LeaseLost) as error:
            raise CommandError(f"{server} could not be read whole: {error}") from error
        if options["json"]:
            self.stdout.write(
                json.dumps({"server": server.name, **asdict(report.synced), "found": report.reconciled.found})
            )
            return
        for name, value in asdict(report.synced).items():
            self.stdout.write(f"{name.replace('_', ' ')}: {value}")
        self.stdout.write(f"findings: {report.reconciled.total}")
