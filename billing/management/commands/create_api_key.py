"""`manage.py create_api_key --name N --role "Full Administrator"`: prints a key once; only its hash is kept."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.actions.api_keys import issue_api_key
from billing.models import Client, StaffRole
from billing.queries.clock import database_now


class Command(BaseCommand):
    help = "Creates an API key for an operator (--role) or for one client (--client) and prints it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True)
        owner = parser.add_mutually_exclusive_group(required=True)
        owner.add_argument("--role", help=", ".join(str(role.label) for role in StaffRole))
        owner.add_argument("--client", help="e-mail or id of the client")

    def handle(self, *arguments: Any, **options: Any) -> None:
        secret = issue_api_key(
            name=options["name"],
            role=self._find_role(options["role"]) if options["role"] else "",
            client=self._find_client(options["client"]) if options["client"] else None,
            now=database_now(),
            actor="command line",
        )
        self.stdout.write(secret)

    def _find_role(self, text: str) -> str:
        wanted = text.strip().lower().replace("_", " ")
        for role in StaffRole:
            if wanted in (role.value.lower().replace("_", " "), str(role.label).lower()):
                return role.value
        raise CommandError(f"Unknown role {text!r}. Known: {', '.join(str(role.label) for role in StaffRole)}.")

    def _find_client(self, text: str) -> Client:
        found = Client.objects.filter(pk=int(text)) if text.isdecimal() else Client.objects.filter(email__iexact=text)
        client = found.first()
        if client is None:
            raise CommandError(f"There is no client {text!r}.")
        return client
