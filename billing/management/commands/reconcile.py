"""`manage.py reconcile`: does what we hold agree with the partner? Exit code 0: all of it; 1: there are findings."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.actions.reconciliation import reconcile
from billing.actions.syncing import AccountBusy, LeaseLost
from billing.models import Finding
from billing.queries.clock import database_now
from billing.queries.findings import findings_open
from noc.errors import PartnerError
from noc.models import Server


class Command(BaseCommand):
    help = "Compares partner accounts with our services and prices, and writes findings. Changes nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--server", help="id or name of a server; all enabled ones if left out")
        parser.add_argument("--json", action="store_true", help="print one JSON object a server")

    def handle(self, *arguments: Any, **options: Any) -> None:
        total, failed = 0, []
        for server in self._servers(options["server"]):
            try:
                report = reconcile(server_id=server.pk, clock=database_now, actor="reconcile")
            except (PartnerError, AccountBusy, LeaseLost) as error:
                failed.append(f"{server} could not be read whole: {error}")
                continue
            findings = list(findings_open().filter(server=server).select_related("server").order_by("id"))
            total += len(findings)
            if options["json"]:
                rows = [self._row(finding) for finding in findings]
                self.stdout.write(json.dumps({"server": server.name, **asdict(report), "findings": rows}))
            else:
                self._print(server, findings)
        if failed:
            raise CommandError("; ".join(failed), returncode=2)
        if total:
            sys.exit(1)

    def _servers(self, wanted: str | None) -> list[Server]:
        if wanted is None:
            return list(Server.objects.filter(is_enabled=True).order_by("name"))
        found = Server.objects.filter(name=wanted).first()
        if found is None and wanted.isdecimal():
            found = Server.objects.filter(pk=int(wanted)).first()
        if found is None:
            raise CommandError(f"There is no server “{wanted}”.", returncode=2)
        return [found]

    def _print(self, server: Server, findings: list[Finding]) -> None:
        self.stdout.write(f"{server}: {len(findings)} findings")
        for finding in findings:
            said = " ".join(f"{name}={value}" for name, value in sorted(finding.details.items()))
            service = f" service #{finding.service_id}" if finding.service_id else ""
            self.stdout.write(f"  {finding.sort} {finding.kind} {finding.remote_id}{service} {said}")

    def _row(self, finding: Finding) -> dict[str, Any]:
        return {
            "id": finding.pk,
            "sort": finding.sort,
            "kind": finding.kind,
            "remote_id": finding.remote_id,
            "service": finding.service_id,
            "details": finding.details,
        }
