"""Sixty days of the simulated year, as the command lives them; the whole year is run by hand.

YEAR_SEED and YEAR_DAYS choose another one.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.thorough, pytest.mark.timeout(3000)]

ROOT = Path(__file__).resolve().parents[3]
SEED = os.environ.get("YEAR_SEED", "7")
DAYS = os.environ.get("YEAR_DAYS", "60")


def live(tmp_path: Path, *, seed: str, days: str) -> dict[str, Any]:
    options = ["--seed", seed, "--days", days, "--clients", "20", "--services", "60", "--json"]
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "REDIS_URL": "", "CELERY_BROKER_URL": ""}
    command = [sys.executable, "manage.py", "simulate_year", *options]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_nothing_is_broken_in_sixty_days(tmp_path: Path) -> None:
    report = live(tmp_path, seed=SEED, days=DAYS)
    assert report["breaches"] == []
    assert {"power cut", "night missed", "night twice", "payment nobody awaits"} <= set(report["happened"])


def test_the_same_seed_lives_the_same_days(tmp_path: Path) -> None:
    one, other = (live(tmp_path, seed="3", days="8") for _time in range(2))
    assert one["happened"] == other["happened"]
    assert one["money"] == other["money"]
