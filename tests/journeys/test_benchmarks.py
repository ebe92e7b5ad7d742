"""The benchmarks are run rarely: that each of their parts still works is seen here, with a little of everything."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from demo.portal import ROOT

EVERYWHERE = {
    "machine",
    "pages",
    "hooks.storm",
    "renewals.duty",
    "renewals.growth",
    "invoices.list",
    "ledger.posting",
    "ledger.audit",
    "celery.noop",
    "operations.backlog",
    "operations.paid_to_active",
    "operations.scaling",
    "letters.compose",
    "letters.smtp",
    "syncing.account",
    "documents.pdf",
}
ON_POSTGRESQL = {"renewals.insert_select", "renewals.generate_series", "payments"}
NOWHERE = "postgres://postgres@127.0.0.1:1/none"


@pytest.mark.processes
@pytest.mark.pdf
@pytest.mark.timeout(900)
def test_every_part_still_runs(services: dict[str, str]) -> None:
    environment = {
        **os.environ,
        "BENCH_DATABASE_URL": services.get("DATABASE_URL", NOWHERE),
        "BENCH_REDIS_URL": services.get("REDIS_URL", "redis://127.0.0.1:1/0"),
    }
    command = [sys.executable, "-m", "bench", "--small"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    measured = Counter(line["measured"] for line in lines)
    assert set(measured) == (EVERYWHERE | ON_POSTGRESQL if services else EVERYWHERE)
    if services:
        payments = next(line for line in lines if line["measured"] == "payments")
        assert payments["numbers_are_gapless"]
