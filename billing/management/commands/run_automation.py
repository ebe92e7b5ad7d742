"""`manage.py run_automation`: the nightly run by hand, or what it would do."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.automation.night import thaw_amounts
from billing.automation.nights import ClockWentBack, due_days
from billing.automation.planning import plan_night
from billing.automation.registry import DUTIES
from billing.automation.running import run_nights
from billing.models import AutomationRun
from billing.queries.clock import business_date, database_now


class Command(BaseCommand):
    help = "Does the nightly duties of a day; doing them again does nothing twice. --dry-run writes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", help="YYYY-MM-DD; without it today and the days that were missed")
        parser.add_argument("--dry-run", action="store_true", help="what would be done, with amounts and brakes")
        parser.add_argument("--only", default="", help="one duty: " + ", ".join(duty.code for duty in DUTIES))
        parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")

    def handle(self, *arguments: Any, **options: Any) -> None:
        only = options["only"]
        if only and only not in {duty.code for duty in DUTIES}:
            raise CommandError("There is no such duty. Known: " + ", ".join(duty.code for duty in DUTIES))
        today = business_date(database_now())
        on = self._read_day(options["on"])
        if options["dry_run"]:
            self._tell(self._plan(on or today, only), as_json=options["json"])
            return
        if on is not None and on > today:
            raise CommandError(f"{on} has not come yet; --dry-run shows what it will bring.")
        try:
            days = [on] if on is not None else due_days(today=today)
        except ClockWentBack as error:
            raise CommandError(str(error)) from error
        runs = run_nights(days=days, clock=database_now, only=only)
        rows = [row for run in runs for row in self._rows(run, only)]
        self._tell(rows, as_json=options["json"])

    def _read_day(self, text: str | None) -> date | None:
        try:
            return date.fromisoformat(text) if text else None
        except ValueError as error:
            raise CommandError("--on must be a date such as 2026-12-31.") from error

    def _plan(self, day: date, only: str) -> list[dict[str, Any]]:
        return [
            {
                "day": str(day),
                "duty": one.duty.code,
                "status": "WOULD STOP" if one.brake else "PLANNED",
                "count": one.tally.count,
                "failed": 0,
                "amounts": one.tally.frozen(),
                "note": one.brake,
            }
            for one in plan_night(day=day, now=database_now(), only=only)
        ]

    def _rows(self, run: AutomationRun, only: str) -> list[dict[str, Any]]:
        return [
            {
                "day": str(run.day),
                "duty": row.duty,
                "status": row.status,
                "count": row.done_count,
                "failed": row.failed_count,
                "amounts": row.done_amounts,
                "note": row.brake or row.error,
            }
            for row in run.duties.order_by("position")
            if not only or row.duty == only
        ]

    def _tell(self, rows: list[dict[str, Any]], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
            return
        for row in rows:
            amounts = ", ".join(f"{amount:f} {code}" for code, amount in thaw_amounts(row["amounts"]).items())
            counts = f"{row['count']}" + (f" ({row['failed']} failed)" if row["failed"] else "")
            line = f"{row['day']}  {row['duty']:<20} {row['status']:<11} {counts:<16} {amounts}"
            self.stdout.write(f"{line}  {row['note']}".rstrip())
