from io import BytesIO
from pathlib import Path

import httpx
import pytest
from pypdf import PdfReader

from demo import buying, opening
from demo.portal import ROOT, run_portal, worker_command
from demo.processes import Processes, find_free_port
from demo.scene import open_scene

PATIENCE_SECONDS = 60


@pytest.mark.processes
@pytest.mark.pdf
@pytest.mark.timeout(240)
def test_a_pdf_asked_for_without_a_broker_is_made_once_a_worker_is_there(
    tmp_path: Path, services: dict[str, str]
) -> None:
    dead = {**services, "CELERY_BROKER_URL": f"redis://127.0.0.1:{find_free_port()}/0"}
    with (
        run_portal(tmp_path, changes=dead, workers=0, ready="/health/live") as portal,
        open_scene(portal) as scene,
        httpx.Client(headers={"Authorization": f"Bearer {portal.api_key}"}, trust_env=False) as api,
    ):
        for chapter in (opening.connect_account, opening.make_products, opening.register_client):
            assert chapter(scene).is_right
        assert buying.order_license(scene).is_right
        address = f"{portal.url}/api/v1/invoices/{scene.ours.rows('invoices/')[0]['id']}/pdf/"
        first = api.get(address)
        assert (first.status_code, first.headers["Retry-After"]) == (202, "1")

        alive = {**portal.processes.environment, "CELERY_BROKER_URL": services.get("CELERY_BROKER_URL", "")}
        with Processes(alive, ROOT, tmp_path / "logs") as workers:
            workers.start("late-worker", worker_command())
            assert workers.wait_until(lambda: api.get(address).status_code == 200, timeout=PATIENCE_SECONDS, pause=1)
        # Made once, it is there without a worker.
        again = api.get(address)
    assert again.headers["Content-Type"] == "application/pdf"
    assert "Proforma invoice PRO-" in PdfReader(BytesIO(again.content)).pages[0].extract_text()
