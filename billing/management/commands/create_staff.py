"""`manage.py create_staff --email E --role "Full Administrator"`: lets a person into the back office."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.actions.staff import StaffInvalid, add_staff
from billing.models import StaffRole
from billing.queries.clock import database_now


class Command(BaseCommand):
    help = "Creates a user of the back office. The password is asked for, or read from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True, help="the login name")
        parser.add_argument("--role", required=True, help=", ".join(str(role.label) for role in StaffRole))
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *arguments: Any, **options: Any) -> None:
        role = self._find_role(options["role"])
        password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else self._ask_password()
        try:
            user = add_staff(
                email=options["email"],
                role=role,
                password=password,
                first_name=options["first_name"],
                last_name=options["last_name"],
                actor="command line",
                now=database_now(),
            )
        except StaffInvalid as invalid:
            raise CommandError(str(invalid)) from invalid
        self.stdout.write(f"{user.email}: {StaffRole(user.role).label}, may log in at /admin/")

    def _ask_password(self) -> str:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Password again: "):
            raise CommandError("The passwords differ.")
        return password

    def _find_role(self, text: str) -> str:
        wanted = text.strip().lower().replace("_", " ")
        for role in StaffRole:
            if wanted in (role.value.lower().replace("_", " "), str(role.label).lower()):
                return role.value
        raise CommandError(f"Unknown role {text!r}. Known: {', '.join(str(role.label) for role in StaffRole)}.")
