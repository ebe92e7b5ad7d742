from collections.abc import Iterator

import pytest

from tests.services import services_for

# The first numbers are the caches of xdist workers (tests/conftest.py), the last those of tests/browser.
FIRST_STEP = 4


@pytest.fixture
def services(worker_id: str) -> Iterator[dict[str, str]]:
    """Where a portal of real processes keeps its data: SQLite, or what DATABASE_URL and REDIS_URL name."""
    with services_for(worker_id, purpose="journey", first_step=FIRST_STEP) as changes:
        yield changes
