"""The nightly run in processes of its own: two at once, and killed with SIGKILL at every step of every duty.

KILL_ROUNDS sets at how many steps of each duty the night is killed; 9 are all there are.
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from billing.automation.registry import DUTIES
from billing.models import AutomationRun, Client, DutyRun, Invoice
from billing.queries.clock import database_now
from tests.faults.night_host import STEPS
from tests.faults.night_scene import judge, make_scene
from tests.faults.processes import ROOT, end

pytestmark = [pytest.mark.postgres, pytest.mark.processes, pytest.mark.timeout(1500)]

KILLS_A_DUTY = int(os.environ.get("KILL_ROUNDS", "2"))
KILLED = -9
# A night that is being done by nobody: its worker's lease is over.
LONG_AGO = timedelta(seconds=1)


class Host:
    """Makes nights into processes (tests/faults/night_host.py)."""

    def __init__(self, environment: dict[str, str]) -> None:
        command, pipe = [sys.executable, "tests/faults/night_host.py"], subprocess.PIPE
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, start_new_session=True
        )

    def run(self, *steps: str) -> list[int]:
        """As many nights at once; their exit codes."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(steps).encode() + b"\n")
        self.process.stdin.flush()
        codes: list[int] = json.loads(self.process.stdout.readline())
        return codes

    def close(self) -> None:
        """Ends it and its pipes."""
        with self.process:
            end(self.process)


@pytest.fixture
def host(environment: dict[str, str]) -> Iterator[Host]:
    found = Host({**environment, "OPERATOR_EMAILS": "ops@example.com"})
    yield found
    found.close()


def let_leases_end() -> None:
    """As ten minutes do."""
    DutyRun.objects.filter(status="RUNNING").update(lease_expires_at=database_now() - LONG_AGO)


def test_two_nights_at_once_do_everything_once(shopper: Client, host: Host) -> None:
    scene = make_scene(due=300, others=4)
    assert host.run("", "") == [0, 0]
    assert AutomationRun.objects.get().duties.exclude(attempt=1).count() == 0
    judge(scene)
    before = Invoice.objects.count()
    assert host.run("", "") == [0, 0]
    judge(scene)
    assert Invoice.objects.count() == before


def test_a_night_that_is_killed_in_every_duty_is_done_once(shopper: Client, host: Host) -> None:
    scene = make_scene(due=60, others=3)
    dice = random.Random(20261129)
    died, missed = Counter[str](), []
    for duty in DUTIES:
        chosen = dice.sample(list(STEPS), min(KILLS_A_DUTY, len(STEPS)))
        # In their order: what was committed once does not come to the steps before it again.
        for step in sorted(chosen, key=list(STEPS).index):
            is_dead = host.run(f"{duty.code} {step}") == [KILLED]
            died[step] += is_dead
            missed += [] if is_dead else [f"{duty.code} {step}"]
            let_leases_end()
    assert host.run("") == [0]
    print(json.dumps(died))  # noqa: T201
    assert missed == []
    judge(scene)
