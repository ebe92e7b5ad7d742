import os
from collections.abc import Iterator

import pytest

from demo.services import move_redis_number, own_services

# The first numbers are the caches of xdist workers (tests/conftest.py).
FIRST_STEP = 4


@pytest.fixture
def services(worker_id: str) -> Iterator[dict[str, str]]:
    """Where a portal of real processes keeps its data: SQLite, or what DATABASE_URL and REDIS_URL name."""
    index = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    redis = os.environ.get("REDIS_URL", "")
    redis_url = move_redis_number(redis, FIRST_STEP + 2 * index) if redis else ""
    database_url = os.environ.get("DATABASE_URL", "")
    with own_services(database_url=database_url, redis_url=redis_url, purpose="journey") as changes:
        yield changes
