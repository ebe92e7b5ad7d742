from collections.abc import Iterator

import pytest

from tests.services import RedisNumbers, services_for


@pytest.fixture
def services(worker_id: str) -> Iterator[dict[str, str]]:
    """Where a portal of real processes keeps its data: SQLite, or what DATABASE_URL and REDIS_URL name."""
    with services_for(worker_id, purpose="journey", numbers=RedisNumbers.JOURNEYS) as changes:
        yield changes
