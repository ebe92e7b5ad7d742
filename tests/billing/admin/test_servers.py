from typing import Any

from django.test import Client as Browser

from billing.models import Operation
from noc.models import AccountHealth, Server, ServerGroup
from noc.sandbox.server import Sandbox
from tests.billing.admin.pages import (
    add_page,
    ask,
    buttons_on,
    dialog_of,
    list_of,
    page_of,
    press,
    rows_of,
    text_of,
)
from tests.builders import World, make_server, place, place_paid_order, run_due_operations


def form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "RU account",
        "module": "ispmanager_noc",
        "hostname": "my.ispmanager.ru",
        "username": "reseller-ru",
        "password": "its-own-secret",
        "max_accounts": "5",
        "is_enabled": "on",
        "may_send_again": "on",
        "sso_access": "UNRESTRICTED",
        **changes,
    }


def test_the_first_server_becomes_the_default(db: None, boss: Browser) -> None:
    response = boss.post(add_page(Server), form(hostname="http://my.ispmanager.ru/manager/billmgr"))
    server = Server.objects.get()
    assert response.headers["Location"] == page_of(server)
    assert server.is_default
    assert server.password == "its-own-secret"


def test_the_password_is_never_shown_and_empty_keeps_it(world: World, boss: Browser) -> None:
    page = text_of(boss.get(dialog_of(world.server, "change")))
    assert "sandbox-password" not in page + text_of(boss.get(page_of(world.server)))
    sent = form(name="EU renamed", hostname=world.server.hostname, username="reseller", password="")
    assert boss.post(dialog_of(world.server, "change"), sent).status_code == 302
    world.server.refresh_from_db()
    assert (world.server.name, world.server.password) == ("EU renamed", "sandbox-password")


def test_a_new_server_needs_a_password(db: None, boss: Browser) -> None:
    response = boss.post(add_page(Server), form(password=""))
    assert "password" in response.context["form"].errors


def test_errors_stand_beside_their_fields(world: World, boss: Browser) -> None:
    assert "hostname" in boss.post(add_page(Server), form(hostname="two words")).context["form"].errors
    taken = boss.post(add_page(Server), form(name=world.server.name))
    assert "name" in taken.context["form"].errors
    assert Server.objects.count() == 1


def test_a_working_connection_shows_the_balance(world: World, boss: Browser) -> None:
    assert "reseller" in ask(boss, world.server, "test")
    page = boss.post(dialog_of(world.server, "test"), follow=True)
    assert "Connected." in text_of(page)
    world.server.refresh_from_db()
    assert world.server.balance is not None


def test_a_refused_login_is_said_in_words(world: World, sandbox: Sandbox, boss: Browser) -> None:
    other = make_server(sandbox, name="Wrong", username="nobody", password="wrong")
    page = boss.post(dialog_of(other, "test"), follow=True)
    assert "does not accept the username or password" in text_of(page)
    other.refresh_from_db()
    assert other.health == AccountHealth.REFUSED


def test_make_default_moves_the_star(world: World, sandbox: Sandbox, boss: Browser) -> None:
    other = make_server(sandbox, name="Other", username="other")
    assert "default" not in buttons_on(boss, world.server)
    assert "Until now: EU account" in ask(boss, other, "default")
    press(boss, other, "default")
    assert list(Server.objects.filter(is_default=True)) == [other]


def test_enabling_a_server_lets_its_purchases_go(world: World, boss: Browser) -> None:
    sent = form(name="EU account", hostname=world.server.hostname, username="reseller", password="")
    boss.post(dialog_of(world.server, "change"), {key: value for key, value in sent.items() if key != "is_enabled"})
    place_paid_order(world.client, world.lite, ip="192.0.2.10", licname="web")
    run_due_operations()
    assert Operation.objects.get().status == "HELD"
    boss.post(dialog_of(world.server, "change"), sent)
    assert Operation.objects.get().status == "QUEUED"


def test_the_list_shows_how_full_a_server_is(world: World, boss: Browser) -> None:
    place(world.client, world.lite, ip="192.0.2.10")
    response = boss.get(list_of(Server))
    (row,) = rows_of(response)
    assert row.service_count == 1
    assert "1 / 100" in text_of(response)


def test_a_group_takes_servers(world: World, boss: Browser) -> None:
    sent = {"name": "Europe", "fill_type": "FILL_ACTIVE", "servers": [str(world.server.pk)]}
    assert boss.post(add_page(ServerGroup), sent).status_code == 302
    assert list(ServerGroup.objects.get().servers.all()) == [world.server]


def test_the_directory_finds_the_module_and_says_that_it_is_active(world: World, boss: Browser, sales: Browser) -> None:
    words = text_of(boss.get("/admin/noc/server/modules/?q=ISPmanager"))
    assert "ispmanager NOC" in words
    assert ">Active<" in words
    assert "No module has this" in text_of(boss.get("/admin/noc/server/modules/?q=plesk"))
    assert sales.get("/admin/noc/server/modules/").status_code == 403
