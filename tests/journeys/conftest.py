import os
from collections.abc import Iterator

import pytest

from tests.journeys.services import own_services


@pytest.fixture
def services() -> Iterator[dict[str, str]]:
    """Where a portal of real processes keeps its data: SQLite, or what DATABASE_URL and REDIS_URL name."""
    with own_services(os.environ.get("PYTEST_XDIST_WORKER", "gw0")) as changes:
        yield changes
