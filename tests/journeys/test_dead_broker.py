from pathlib import Path
from time import monotonic

import httpx
import pytest

from demo import buying, opening
from demo.portal import ROOT, run_portal, worker_command
from demo.processes import Processes, find_free_port
from demo.scene import open_scene

FAST_ENOUGH_SECONDS = 8


@pytest.mark.processes
@pytest.mark.timeout(240)
def test_a_dead_broker_fails_no_request_and_loses_nothing(tmp_path: Path, services: dict[str, str]) -> None:
    dead = {**services, "CELERY_BROKER_URL": f"redis://127.0.0.1:{find_free_port()}/0"}
    with (
        run_portal(tmp_path, changes=dead, workers=0, ready="/health/live") as portal,
        open_scene(portal) as scene,
    ):
        health = httpx.get(f"{portal.url}/health/ready", trust_env=False)
        assert (health.status_code, list(health.json()["outages"])) == (503, ["broker"])

        started = monotonic()
        for chapter in (opening.connect_account, opening.make_products, opening.register_client):
            assert chapter(scene).is_right
        assert buying.order_license(scene).is_right
        assert buying.pay_twice(scene).is_right
        assert monotonic() - started < FAST_ENOUGH_SECONDS * 5

        alive = {**portal.processes.environment, "CELERY_BROKER_URL": services.get("CELERY_BROKER_URL", "")}
        with Processes(alive, ROOT, tmp_path / "logs") as workers:
            workers.start("late-worker", worker_command())
            assert buying.see_purchase(scene).faults == ()
