"""The operators' page of licenses that are kept for later orders."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing.actions.queueing import queue_operation
from billing.models import Event, Operation, PooledLicense, Service
from billing.queries.clock import database_now
from noc.sandbox.server import Sandbox
from tests.billing.admin.pages import ask, buttons_on, list_of, page_of, press, rows_of, succeeded, text_of
from tests.builders import World, make_active_service, run_due_operations


@pytest.fixture
def keep(world: World) -> Callable[[str], PooledLicense]:
    """Ends a service whose license goes into the pool: `keep("192.0.2.1")`."""

    def end(ip: str) -> PooledLicense:
        service = make_active_service(world.client, world.lite, ip=ip)
        type(world.lite).objects.filter(pk=world.lite.pk).update(at_end="POOL")
        queue_operation(service=service, kind="TERMINATE", now=database_now())
        run_due_operations()
        type(world.lite).objects.filter(pk=world.lite.pk).update(at_end="DELETE")
        return PooledLicense.objects.get(released_from=service)

    return end


def item(sandbox: Sandbox, number: str) -> dict[str, Any]:
    items = httpx.get(f"{sandbox.url}/admin/state").json()["items"]
    return next(found for found in items if str(found["id"]) == number)


def test_the_list_shows_what_is_free_first(keep: Callable[[str], PooledLicense], support: Browser) -> None:
    free, used = keep("192.0.2.1"), keep("192.0.2.2")
    PooledLicense.objects.filter(pk=used.pk).update(state="USED", note="It is not there any more.")
    PooledLicense.objects.filter(pk=free.pk).update(released_at=database_now() - timedelta(days=12))
    page = support.get(list_of(PooledLicense))
    assert rows_of(page) == [free]
    words = text_of(page)
    assert "12 days ago" in words
    assert "ispmanager 6 lite" in words
    assert f"ispmanager lite #{free.released_from_id}" in words
    assert rows_of(support.get(list_of(PooledLicense, "?show=used"))) == [used]
    assert rows_of(support.get(list_of(PooledLicense, f"?q={used.remote_id}"))) == [used]
    assert "License pool" in text_of(support.get("/admin/"))


def test_the_list_asks_no_more_for_more_rows(keep: Callable[[str], PooledLicense], support: Browser) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert support.get(list_of(PooledLicense)).status_code == 200
        return len(asked)

    keep("192.0.2.1")
    few = questions()
    keep("192.0.2.2")
    keep("192.0.2.3")
    assert questions() == few


def test_a_license_is_deleted_at_the_partner(
    sandbox: Sandbox, keep: Callable[[str], PooledLicense], support: Browser
) -> None:
    pooled = keep("192.0.2.1")
    assert "paid for" in text_of(support.get(page_of(pooled)))
    assert "What is paid for it is lost" in ask(support, pooled, "delete")
    assert succeeded(press(support, pooled, "delete"))
    pooled.refresh_from_db()
    assert (pooled.state, item(sandbox, pooled.remote_id)["status"]) == ("DROPPED", 4)
    assert Event.objects.get(name="license.deleted").actor == "support_operator@example.com"
    assert buttons_on(support, pooled) == []
    assert "is not free any more" in text_of(press(support, pooled, "delete"))


def test_one_that_bears_a_name_at_the_partner_is_not_deleted(
    sandbox: Sandbox, keep: Callable[[str], PooledLicense], support: Browser
) -> None:
    pooled = keep("192.0.2.1")
    change = {"id": pooled.remote_id, "licname": "somebody", "ip": "192.0.2.77"}
    httpx.post(f"{sandbox.url}/admin/items", json=change).raise_for_status()
    assert "somebody may use it" in text_of(press(support, pooled, "delete"))
    pooled.refresh_from_db()
    assert pooled.state == "FREE"
    assert item(sandbox, pooled.remote_id)["status"] != 4


def test_one_that_the_partner_keeps_stays_in_the_pool(
    sandbox: Sandbox, keep: Callable[[str], PooledLicense], support: Browser
) -> None:
    pooled = keep("192.0.2.1")
    httpx.post(f"{sandbox.url}/admin/faults", json={"name": "delete_refused"}).raise_for_status()
    assert "It was not deleted" in text_of(press(support, pooled, "delete"))
    pooled.refresh_from_db()
    assert (pooled.state, Event.objects.filter(name="license.kept").count()) == ("FREE", 1)


def test_what_could_not_go_into_the_pool_is_deleted_instead(world: World, sandbox: Sandbox, support: Browser) -> None:
    type(world.lite).objects.filter(pk=world.lite.pk).update(at_end="POOL")
    service = make_active_service(world.client, world.lite, ip="192.0.2.1")
    release = {"licname": "free.lic"}
    fault = {"name": "error", "func": "soft.edit", "params": release, "type": "value", "object": "ip", "msg": "No"}
    httpx.post(f"{sandbox.url}/admin/faults", json=fault).raise_for_status()
    failed = queue_operation(service=service, kind="TERMINATE", now=database_now())
    run_due_operations()
    failed.refresh_from_db()
    assert failed.status == "FAILED"
    assert "delete_instead" in buttons_on(support, failed)
    assert succeeded(press(support, failed, "delete_instead"))
    run_due_operations()
    service = Service.objects.get(pk=service.pk)
    assert (service.status, item(sandbox, service.remote_id)["status"]) == ("TERMINATED", 4)
    assert not PooledLicense.objects.exists()
    assert "delete_instead" not in buttons_on(support, failed)
    assert Operation.objects.filter(kind="TERMINATE").count() == 2
