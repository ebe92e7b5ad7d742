"""`manage.py import_ispsystem_noc dump.sql --server "EU account"`: moving in from the old WHMCS module (L9)."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.queries.clock import database_now
from noc.errors import PartnerError
from noc.models import Server
from whmcs.columns import ROLES, ColumnsUnknown, map_columns
from whmcs.importing import apply_plan, make_plan
from whmcs.matching import match_services
from whmcs.old_fields import read_fields
from whmcs.old_services import MAIN_TABLE, WANTED, read_old_services
from whmcs.report import Reading, as_data, as_lines
from whmcs.sources import SourceInvalid, read_files, read_service_map
from whmcs.tables import Tables


class Command(BaseCommand):
    help = (
        "Links services here to the licenses that they had in WHMCS. Reads an SQL dump, or CSV files named after "
        "their tables, of ispsystem_noc, tblhosting, tblclients, tblproducts, tblcustomfields, tblcustomfieldsvalues. "
        "Shows what it would do; --apply does it. Nothing is ever bought."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--server", required=True, help="name of the partner account that holds the licenses")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="ROLE=COLUMN",
            help=f"which column of the old table is what; roles: {', '.join(ROLES)}",
        )
        parser.add_argument(
            "--service-map", type=Path, help="CSV file of two columns: the old service ID and the number of ours"
        )
        parser.add_argument("--encoding", default="utf-8")
        parser.add_argument("--apply", action="store_true", help="write; without it only the report is made")
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    def handle(self, *arguments: Any, **options: Any) -> None:
        server = self._server(options["server"])
        try:
            reading = self._read(options)
            told = (
                read_service_map(options["service_map"], encoding=options["encoding"]) if options["service_map"] else {}
            )
            old_services = read_old_services(reading.tables, reading.columns, reading.fields)
            matches = match_services(old_services, told)
            plan = make_plan(old_services=old_services, matches=matches, server=server)
        except (SourceInvalid, ColumnsUnknown) as error:
            raise CommandError(str(error)) from error
        except PartnerError as error:
            raise CommandError(f"{server.name}: {error.message}") from error
        if options["apply"]:
            plan = apply_plan(plan=plan, server=server, actor="import_ispsystem_noc", now=database_now())
        if options["json"]:
            self.stdout.write(json.dumps(as_data(reading, plan), ensure_ascii=False, indent=2))
            return
        for line in as_lines(reading, plan):
            self.stdout.write(line)

    def _server(self, name: str) -> Server:
        server = Server.objects.filter(name=name).first()
        if server is None:
            known = ", ".join(Server.objects.order_by("name").values_list("name", flat=True)) or "-"
            raise CommandError(f"There is no server “{name}”. Known: {known}.")
        return server

    def _read(self, options: dict[str, Any]) -> Reading:
        tables = read_files(options["files"], wanted=WANTED, main=MAIN_TABLE, encoding=options["encoding"])
        columns = map_columns(tables[MAIN_TABLE], self._told_columns(options)) if self._has_links(tables) else {}
        return Reading(tables, columns, read_fields(tables))

    def _has_links(self, tables: Tables) -> bool:
        if MAIN_TABLE in tables:
            return True
        if "tblcustomfieldsvalues" not in tables:
            raise CommandError(f"The files have neither {MAIN_TABLE} nor tblcustomfieldsvalues.")
        return False

    def _told_columns(self, options: dict[str, Any]) -> dict[str, str]:
        told: dict[str, str] = {}
        for text in options["column"]:
            for part in text.split(","):
                role, sign, column = part.partition("=")
                if not sign or not column.strip():
                    raise CommandError(f"--column takes ROLE=COLUMN, not “{part}”.")
                told[role.strip()] = column.strip()
        return told
