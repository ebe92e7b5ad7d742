"""Where portals of real processes keep their data while tests run."""

import os
from contextlib import AbstractContextManager
from enum import Enum

from demo.services import move_redis_number, own_services

DEFAULT_REDIS_URL = "redis://127.0.0.1:6379/4"


class RedisNumbers(Enum):
    """Who uses which Redis numbers, counted from the one of REDIS_URL, with two xdist workers.

    Portals that share a number take each other's wake-ups: neither then does its work in time.
    """

    CACHES = range(2)
    FAULTS = range(2, 4)
    JOURNEYS = range(4, 8)
    BROWSER = range(8, 12)

    def url(self, step: int = 0) -> str:
        """The number `step` behind the first one, where REDIS_URL says or else on this machine."""
        return move_redis_number(os.environ.get("REDIS_URL") or DEFAULT_REDIS_URL, self.value[step])


def services_for(worker_id: str, *, purpose: str, numbers: RedisNumbers) -> AbstractContextManager[dict[str, str]]:
    """Nothing, and the portal is embedded; or a database and two Redis numbers where DATABASE_URL and REDIS_URL say.

    Every xdist worker has two numbers of its own: one for the cache, the next for the queue.
    """
    index = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    return own_services(
        database_url=os.environ.get("DATABASE_URL", ""),
        redis_url=numbers.url(2 * index) if os.environ.get("REDIS_URL") else "",
        purpose=purpose,
    )
