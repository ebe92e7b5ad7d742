from pathlib import Path

import pytest

from demo.portal import run_portal
from demo.scene import open_scene
from demo.story import CHAPTERS, tell

# SQLite is shared by few processes; production has several workers and a beat of its own.
WORKERS = {True: 2, False: 1}


@pytest.mark.processes
@pytest.mark.timeout(240)
def test_the_story_ends_with_both_sides_agreeing(tmp_path: Path, services: dict[str, str]) -> None:
    workers = WORKERS["DATABASE_URL" in services]
    with run_portal(tmp_path, changes=services, workers=workers) as portal, open_scene(portal) as scene:
        lines = list(tell(scene))
    assert [fault for line in lines for fault in line.faults] == []
    assert len(lines) == len(CHAPTERS)
