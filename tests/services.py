"""Where portals of real processes keep their data while tests run."""

import os
from contextlib import AbstractContextManager

from demo.services import move_redis_number, own_services


def services_for(worker_id: str, *, purpose: str, first_step: int) -> AbstractContextManager[dict[str, str]]:
    """Nothing, and the portal is embedded; or a database and two Redis numbers where DATABASE_URL and REDIS_URL say.

    The numbers begin `first_step` behind the one of REDIS_URL; every xdist worker has two of its own.
    """
    index = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    redis = os.environ.get("REDIS_URL", "")
    return own_services(
        database_url=os.environ.get("DATABASE_URL", ""),
        redis_url=move_redis_number(redis, first_step + 2 * index) if redis else "",
        purpose=purpose,
    )
