"""`manage.py simulate_year`: a year of a reseller over a scratch database, judged. Exit code 0: nothing was broken."""

import json
import signal
import sys
import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand

from billing.simulation.clock import SimulatedClock
from billing.simulation.scratch import scratch_portal
from billing.simulation.till import Till
from billing.simulation.year import FIRST_MOMENT, Outcome, Size, simulate


class Command(BaseCommand):
    help = (
        "Lives through a year of orders, payments, refunds, cancellations and nights, missed and killed ones among "
        "them, then checks the books. It makes a database of its own beside the real one and drops it in the end."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="the same seed lives the same year")
        parser.add_argument("--days", type=int, default=365)
        parser.add_argument("--clients", type=int, default=300)
        parser.add_argument("--services", type=int, default=1000)
        parser.add_argument("--keep", action="store_true", help="leave the database of the simulation for a look")
        parser.add_argument("--json", action="store_true", help="one JSON document instead of text")

    def handle(self, *arguments: Any, **options: Any) -> None:
        size = Size(options["seed"], options["days"], options["clients"], options["services"])
        self.is_quiet = options["json"] or options["verbosity"] == 0
        # A termination is a way to stop it: the database is dropped all the same.
        signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
        started, clock = time.monotonic(), SimulatedClock(FIRST_MOMENT)
        with scratch_portal(clock, is_kept=options["keep"]) as sandbox:
            outcome = simulate(size, sandbox=sandbox, clock=clock, tell=self._tell_day)
            report = self._report(size, outcome, seconds=time.monotonic() - started)
        self._tell(report, as_json=options["json"])
        if outcome.breaches:
            sys.exit(1)

    def _tell_day(self, day: date, till: Till) -> None:
        if day.day == 1 and not self.is_quiet:
            words = f"{day}: {till.happened['order']} orders, {till.happened['payment']} payments"
            self.stdout.write(words)
            self.stdout.flush()

    def _report(self, size: Size, outcome: Outcome, *, seconds: float) -> dict[str, Any]:
        return {
            "seed": size.seed,
            "days": size.days,
            "clients": size.clients,
            "services": size.services,
            "seconds": round(seconds, 1),
            "happened": dict(sorted(outcome.till.happened.items())),
            "money": f"{outcome.till.money:.2f}",
            "breaches": [breach._asdict() for breach in outcome.breaches],
        }

    def _tell(self, report: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report))
            return
        for what, times in report["happened"].items():
            self.stdout.write(f"{times:7}  {what}")
        for breach in report["breaches"]:
            self.stdout.write(f"BROKEN: {breach['promise']}: {breach['what']}: {breach['how']}")
        verdict = f"{len(report['breaches'])} promises broken" if report["breaches"] else "nothing was broken"
        self.stdout.write(f"Seed {report['seed']}, {report['days']} days, {report['seconds']} s: {verdict}.")
