"""`manage.py audit_ledger`: does the ledger agree with every invoice, payment and balance? Exit code 0: yes; 1: no."""

import json
import sys
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from billing.actions.auditing import audit_ledger
from billing.models import LedgerAudit
from billing.queries.clock import database_now
from billing.queries.differences import differences_of


class Command(BaseCommand):
    help = "Compares each invoice, payment and balance with its entries in the ledger, and keeps the result."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *arguments: Any, **options: Any) -> None:
        audit = audit_ledger(now=database_now(), actor="audit_ledger")
        if options["json"]:
            self.stdout.write(json.dumps(self._row(audit)))
        else:
            self._print(audit)
        if not audit.is_clean:
            sys.exit(1)

    def _row(self, audit: LedgerAudit) -> dict[str, Any]:
        return {
            "audit": audit.pk,
            "clean": audit.is_clean,
            "entries": audit.entry_count,
            "seconds": round(audit.duration.total_seconds(), 3),
            "totals": audit.totals,
            "difference_count": audit.difference_count,
            "differences": [{**one.as_row(), "words": str(one)} for one in differences_of(audit)],
        }

    def _print(self, audit: LedgerAudit) -> None:
        totals: dict[str, list[str]] = {}
        for currency, account, amount in audit.totals:
            totals.setdefault(currency, []).append(f"{account.lower()} {Decimal(amount):.2f}")
        for currency, parts in totals.items():
            self.stdout.write(f"ledger {currency}: {', '.join(parts)}")
        for difference in differences_of(audit):
            self.stdout.write(str(difference))
        left = audit.difference_count - len(audit.differences)
        if left:
            self.stdout.write(f"… and {left} more.")
        words = "clean" if audit.is_clean else f"{audit.difference_count} differences"
        self.stdout.write(f"{audit.entry_count} entries: {words}")
