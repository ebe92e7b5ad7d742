"""`manage.py sandbox`: the sandbox partner, for development and demos."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from noc.sandbox.__main__ import add_arguments
from noc.sandbox.server import serve


class Command(BaseCommand):
    """Runs the stand-in partner until it is told to stop. Needs no database."""

    help = "Run a stand-in for the ispmanager partner API, in memory, on this machine."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        self.stdout.write(_("Sandbox partner: %(url)s") % {"url": f"http://{host}:{port}/sandbox"})
        self.stdout.flush()
        serve(port, host=host, latency_ms=options["latency_ms"])
