"""One click into the partner account: who may, what the page holds, and where the key is not."""

import json
import logging
import re
from typing import Any

import httpx
import pytest
from django.apps import apps
from django.test import Client as Browser
from django.urls import reverse

from billing.models import Event
from noc.models import CallLog, Server
from noc.sandbox.server import Sandbox
from tests.billing.admin.pages import dialog_of, list_of, page_of, text_of
from tests.builders import World


def address_of(server: Server) -> str:
    return reverse("admin:noc_server_sign_on", args=[server.pk])


def click(browser: Browser, server: Server) -> Any:
    return browser.post(address_of(server))


def fields_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))


def everything_stored() -> str:
    """Each value of each row of each table."""
    rows = (row for model in apps.get_models() for row in model._default_manager.values())
    return json.dumps([list(row.values()) for row in rows], default=str)


def test_the_page_posts_a_key_that_opens_the_account(world: World, boss: Browser, sandbox: Sandbox) -> None:
    page = text_of(click(boss, world.server))
    fields = fields_of(page)
    assert set(fields) == {"func", "checkcookie", "username", "key"}
    assert (fields["func"], fields["checkcookie"], fields["username"]) == ("auth", "no", "reseller")
    assert f'method="post" action="{sandbox.url}/billmgr"' in page
    opened = httpx.post(f"{sandbox.url}/billmgr", data={**fields, "out": "json"}).json()
    assert opened["doc"]["auth"]["$id"]
    again = httpx.post(f"{sandbox.url}/billmgr", data={**fields, "out": "json"}).json()
    assert "error" in again["doc"]


def test_the_key_is_in_no_table_no_log_and_no_address(
    world: World, boss: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        page = text_of(click(boss, world.server))
    key = fields_of(page)["key"]
    assert re.fullmatch(r"[0-9a-f]{64}", key)
    assert CallLog.objects.get(func="session.newkey").params["key"] == "***"
    assert key not in everything_stored()
    assert key not in caplog.text
    assert page.count(key) == 1


def test_what_the_search_for_the_key_looks_through_is_whole(world: World) -> None:
    assert "sandbox.example" not in everything_stored()
    Server.objects.update(health_message="sandbox.example")
    assert "sandbox.example" in everything_stored()


def test_the_answer_is_kept_nowhere_and_may_post_to_that_host_only(
    world: World, boss: Browser, sandbox: Sandbox
) -> None:
    response = click(boss, world.server)
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Referrer-Policy"] == "no-referrer"
    policy = response.headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["form-action"] == sandbox.url
    assert "unsafe" not in policy
    assert "form-action 'self'" in boss.get(page_of(world.server)).headers["Content-Security-Policy"]
    page = text_of(response)
    assert re.findall(r"<script(?![^>]*src=)", page) == []
    assert re.findall(r"\son\w+=|style=", page) == []


def test_each_click_is_in_the_audit_trail_without_the_key(world: World, boss: Browser) -> None:
    click(boss, world.server)
    event = Event.objects.get(name="server.sso")
    assert (event.actor, event.data) == ("full_administrator@example.com", {"server": world.server.pk, "ok": True})


def test_a_partner_that_gives_no_key_leads_to_its_login_page(world: World, boss: Browser, sandbox: Sandbox) -> None:
    httpx.post(f"{sandbox.url}/admin/options", json={"session_keys": False}).raise_for_status()
    response = click(boss, world.server)
    page = text_of(response)
    assert "does not let this account log in with one click" in page
    assert f'<a href="{sandbox.url}/billmgr" rel="noopener noreferrer">' in page
    assert fields_of(page) == {}
    assert "<script" not in page
    assert "form-action 'none'" in response.headers["Content-Security-Policy"]
    assert Event.objects.get(name="server.sso").data["ok"] is False


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hostname": "http://127.0.0.1:9"}, "No connection to 127.0.0.1:9"),
        ({"username": "nobody"}, "does not accept the username or password"),
    ],
)
def test_other_trouble_is_said_in_words(world: World, boss: Browser, changes: dict[str, str], words: str) -> None:
    Server.objects.filter(pk=world.server.pk).update(**changes)
    assert words in text_of(click(boss, world.server))


class TestWhoMay:
    def test_unrestricted_is_every_role_without_managing_servers(self, world: World, support: Browser) -> None:
        assert support.get(page_of(world.server)).status_code == 403
        assert address_of(world.server) in text_of(support.get("/admin/"))
        assert click(support, world.server).status_code == 200

    def test_restricted_is_the_chosen_roles_and_nobody_else(
        self, world: World, boss: Browser, sales: Browser, support: Browser
    ) -> None:
        Server.objects.update(sso_access="RESTRICTED", sso_roles=["SALES_OPERATOR"])
        assert [click(browser, world.server).status_code for browser in (boss, sales, support)] == [403, 200, 403]
        assert address_of(world.server) not in text_of(boss.get(page_of(world.server)))
        assert address_of(world.server) not in text_of(boss.get(list_of(Server)))
        assert address_of(world.server) not in text_of(support.get("/admin/"))
        assert "EU account" not in text_of(support.get("/admin/"))
        assert CallLog.objects.filter(func="session.newkey").count() == 1

    def test_staff_without_a_role_and_clients_never(self, world: World, staff_as: Any) -> None:
        assert click(staff_as(""), world.server).status_code == 403
        client = Browser()
        client.force_login(world.client.users.get(), backend="django.contrib.auth.backends.ModelBackend")
        assert click(client, world.server).status_code == 302
        assert not CallLog.objects.filter(func="session.newkey").exists()

    def test_it_takes_a_click_with_the_token(self, world: World, boss: Browser) -> None:
        assert boss.get(address_of(world.server)).status_code == 405
        strict = Browser(enforce_csrf_checks=True)
        strict.cookies = boss.cookies
        assert click(strict, world.server).status_code == 403
        assert boss.post("/admin/noc/server/999999/sign-on/").status_code == 404

    def test_the_button_opens_a_tab_that_cannot_reach_back(self, world: World, boss: Browser) -> None:
        page = text_of(boss.get(page_of(world.server)))
        assert re.search(rf'action="{address_of(world.server)}" target="_blank" rel="noopener"', page)
        assert f'formaction="{address_of(world.server)}"' in text_of(boss.get(list_of(Server)))


class TestSettings:
    def test_roles_are_chosen_in_the_form(self, world: World, boss: Browser) -> None:
        sent = {
            "name": "EU account",
            "module": "ispmanager_noc",
            "hostname": world.server.hostname,
            "username": "reseller",
            "max_accounts": "100",
            "is_enabled": "on",
            "sso_access": "RESTRICTED",
            "balance_alert_below": "50",
        }
        refused = boss.post(dialog_of(world.server, "change"), sent)
        assert "Choose the roles" in str(refused.context["form"].errors["sso_roles"])
        boss.post(dialog_of(world.server, "change"), {**sent, "sso_roles": ["SUPPORT_OPERATOR"]})
        world.server.refresh_from_db()
        assert (world.server.sso_access, world.server.sso_roles) == ("RESTRICTED", ["SUPPORT_OPERATOR"])
        assert world.server.balance_alert_below == 50
        assert "Restricted to chosen roles: Support Operator" in text_of(boss.get(page_of(world.server)))

    def test_the_access_hash_is_never_shown(self, world: World, boss: Browser) -> None:
        world.server.access_hash = "unused-secret"
        world.server.save()
        assert "unused-secret" not in text_of(boss.get(dialog_of(world.server, "change")))
        assert "unused-secret" not in text_of(boss.get(page_of(world.server)))
