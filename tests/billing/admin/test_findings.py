from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import translation

from billing.actions.reconciliation import reconcile
from billing.models import Event, Finding, Service
from billing.queries.clock import database_now
from noc.models import Server
from noc.sandbox.server import Sandbox
from tests.accounts import change_item, items_at, make_services, seed
from tests.billing.admin.pages import ask, buttons_on, list_of, page_of, press, rows_of, succeeded, text_of
from tests.builders import World, place_paid_order
from tests.kept_scenes import kept_scene


@pytest.fixture
@kept_scene
def orphan(world: World, sandbox: Sandbox) -> Finding:
    seed(sandbox, licname="whose <b>", ip="192.0.2.99")
    reconcile(server_id=world.server.pk, clock=database_now)
    return Finding.objects.get()


@pytest.fixture
def drifted(world: World, sandbox: Sandbox) -> Finding:
    service = make_services(world, sandbox, 1)[0]
    change_item(sandbox, service.remote_id, licname="other")
    reconcile(server_id=world.server.pk, clock=database_now)
    return Finding.objects.get()


def test_the_first_page_names_what_waits(orphan: Finding, boss: Browser) -> None:
    words = text_of(boss.get("/admin/"))
    assert page_of(orphan) in words
    assert "We pay, nobody is billed" in words
    assert orphan.remote_id in words


def test_the_list_opens_with_what_waits(orphan: Finding, boss: Browser) -> None:
    assert rows_of(boss.get(list_of(Finding))) == [orphan]
    assert rows_of(boss.get(list_of(Finding, "?show=money"))) == [orphan]
    assert rows_of(boss.get(list_of(Finding, "?show=ignored"))) == []
    assert rows_of(boss.get(list_of(Finding, f"?q={orphan.remote_id}"))) == [orphan]
    assert rows_of(boss.get(list_of(Finding, "?sort__in=GHOST"))) == []


def test_the_sidebar_counts_what_waits(orphan: Finding, boss: Browser) -> None:
    page = text_of(boss.get(list_of(Finding)))
    assert "Reconciliation" in page
    items = [item for group in boss.get(list_of(Finding)).context["sidebar_navigation"] for item in group["items"]]
    assert next(item for item in items if str(item["title"]) == "Reconciliation")["badge"] == "1"


def test_the_page_says_what_each_remedy_does(orphan: Finding, boss: Browser) -> None:
    words = text_of(boss.get(page_of(orphan)))
    assert "We pay, nobody is billed" in words
    assert f"Deletes {orphan.remote_id} at EU account for good" in words
    assert "whose &lt;b&gt;" in words
    assert buttons_on(boss, orphan) == ["adopt", "ignore", "terminate_there"]


def test_an_orphan_is_deleted_after_a_question(orphan: Finding, boss: Browser, sandbox: Sandbox) -> None:
    assert "loses it now" in ask(boss, orphan, "terminate_there")
    assert items_at(sandbox)[orphan.remote_id]["status"] == 2
    assert succeeded(press(boss, orphan, "terminate_there"))
    assert items_at(sandbox)[orphan.remote_id]["status"] == 4
    assert buttons_on(boss, orphan) == []
    assert Event.objects.get(name="finding.remedied").actor == "full_administrator@example.com"
    assert "Finding put right" in text_of(boss.get(page_of(orphan)))


def test_an_orphan_is_given_to_a_service_from_a_list(world: World, orphan: Finding, boss: Browser) -> None:
    service = place_paid_order(world.client, world.lite, ip="192.0.2.99", licname="mine")
    assert "Anna Berg" in ask(boss, orphan, "adopt")
    assert not succeeded(press(boss, orphan, "adopt", service=""))
    assert not succeeded(press(boss, orphan, "adopt", service="999999"))
    assert succeeded(press(boss, orphan, "adopt", service=str(service.pk)))
    assert Service.objects.get(pk=service.pk).remote_id == orphan.remote_id


def test_ignoring_asks_why(drifted: Finding, boss: Browser) -> None:
    assert not succeeded(press(boss, drifted, "ignore", reason=""))
    assert succeeded(press(boss, drifted, "ignore", reason="The client wants it so"))
    assert "The client wants it so" in text_of(boss.get(page_of(drifted)))
    assert rows_of(boss.get(list_of(Finding))) == []


def test_ours_or_theirs_is_corrected_by_an_operation(drifted: Finding, boss: Browser) -> None:
    assert "takes over other here" in ask(boss, drifted, "correct_here")
    assert succeeded(press(boss, drifted, "correct_there"))
    assert drifted.service.operations.get().kind == "CHANGE"


def test_a_page_in_russian(drifted: Finding, boss: Browser) -> None:
    boss.cookies["django_language"] = "ru"
    with translation.override("ru"):
        assert drifted.remote_id in text_of(boss.get(page_of(drifted)))


def test_support_may_look_and_act_and_others_may_not(orphan: Finding, support: Browser, staff_as: Any) -> None:
    assert support.get(page_of(orphan)).status_code == 200
    assert staff_as("").get(list_of(Finding)).status_code == 403


def test_a_list_takes_the_same_queries_however_long(
    world: World, sandbox: Sandbox, orphan: Finding, boss: Browser, django_assert_max_num_queries: Any
) -> None:
    boss.get(list_of(Finding))
    with django_assert_max_num_queries(10) as few:
        boss.get(list_of(Finding))
    seed(sandbox, count=20)
    reconcile(server_id=world.server.pk, clock=database_now)
    with django_assert_max_num_queries(len(few)):
        boss.get(list_of(Finding))


def test_a_whole_account_is_synced_on_demand(world: World, boss: Browser) -> None:
    server = Server.objects.get()
    assert "Nothing is bought or deleted" in ask(boss, server, "sync")
    assert succeeded(press(boss, server, "sync"))
    assert Event.objects.get(name="server.sync_asked").data == {"server": server.pk}
