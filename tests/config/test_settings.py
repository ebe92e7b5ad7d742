"""Settings as an installation may leave them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.portal import ROOT

SAY = "from config import settings; print(settings.DATABASES['default']['NAME'], settings.CELERY_BROKER_URL == '')"


@pytest.mark.parametrize("empty", [{}, {"DATABASE_URL": "", "REDIS_URL": "", "CELERY_BROKER_URL": ""}])
def test_lines_that_nobody_filled_in_mean_the_embedded_default(tmp_path: Path, empty: dict[str, str]) -> None:
    unset = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    environment = {**unset, "VAR_DIR": str(tmp_path), **empty}
    said = subprocess.run(
        [sys.executable, "-c", SAY], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == [str(tmp_path / "nocdesk.sqlite3"), "True"]
