"""`manage.py issue_renewals [--on DATE]`: the renewal invoices of a day, as the nightly run issues them."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.actions.renewal_runs import issue_renewals
from billing.queries.clock import business_date, database_now


class Command(BaseCommand):
    help = "Issues the renewal invoices that are due around a day. Running it again issues nothing twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", help="YYYY-MM-DD; today in the business time zone by default")

    def handle(self, *arguments: Any, **options: Any) -> None:
        now = database_now()
        try:
            on = date.fromisoformat(options["on"]) if options["on"] else business_date(now)
        except ValueError as error:
            raise CommandError("--on must be a date such as 2026-12-31.") from error
        issued = issue_renewals(on=on, now=now)
        self.stdout.write(f"{issued} invoices issued")
