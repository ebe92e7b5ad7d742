"""A list asks the database the same number of questions whatever it shows."""

import pytest
from django.db import connection, models
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing.models import ApiKey, Client, Email, Event, Invoice, LedgerAudit, Operation, Order, Service, User
from noc.models import CallLog, Server, ServerGroup
from noc.sandbox.server import Sandbox
from tests.billing.admin.pages import days_away, list_of, page_of, text_of
from tests.builders import World, make_active_service, make_client, make_server, place
from tests.kept_scenes import kept_scene

LISTS = [Client, Order, Invoice, Service, Operation, Server, ServerGroup, Event, Email, CallLog, User, ApiKey]


def questions(browser: Browser, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert browser.get(address).status_code == 200
    return len(asked)


def add_some(world: World, sandbox: Sandbox, number: int) -> None:
    """One more of everything."""
    client = make_client(email=f"client{number}@example.com")
    make_active_service(client, world.lite, ip=f"192.0.2.{number}", licname=f"srv{number}")
    late = place(client, world.lite, ip=f"198.51.100.{number}").invoice
    Invoice.objects.filter(pk=late.pk).update(due_date=days_away(-1))
    server = make_server(sandbox, name=f"Account {number}", username=f"reseller{number}")
    ServerGroup.objects.create(name=f"Group {number}").servers.add(server)
    ApiKey.objects.create(name=f"key {number}", client=client, secret_hash=f"{number:064}")
    User.objects.create_user(f"staff{number}@example.com", is_staff=True, role="SUPPORT_OPERATOR")


@pytest.fixture
@kept_scene
def one_of_each(world: World, sandbox: Sandbox) -> World:
    add_some(world, sandbox, 1)
    return world


def test_lists_and_the_first_page_ask_no_more_for_more_rows(
    one_of_each: World, sandbox: Sandbox, boss: Browser
) -> None:
    addresses = [*(list_of(model, "?show=all" if model in (Operation, User) else "") for model in LISTS), "/admin/"]
    few = {address: questions(boss, address) for address in addresses}
    for number in range(2, 4):
        add_some(one_of_each, sandbox, number)
    assert {address: questions(boss, address) for address in addresses} == few
    assert max(few.values()) <= 22


@pytest.mark.parametrize("model", [Client, Order, Invoice, Service, Operation, Event, Email, CallLog])
def test_every_page_opens(one_of_each: World, boss: Browser, model: type[models.Model]) -> None:
    for subject in model._default_manager.all():
        assert boss.get(page_of(subject)).status_code == 200


@pytest.mark.parametrize("query", ["?q=nobody", "?show=unreachable", "?created_at_from=2099-01-01"])
def test_a_list_that_shows_nothing_of_what_is_there_leads_back_to_all(world: World, boss: Browser, query: str) -> None:
    words = text_of(boss.get(list_of(Client, query)))
    assert "Nothing found" in words
    assert "Show everything" in words
    assert "Nothing here" not in words


@pytest.mark.parametrize(("model", "button"), [(Client, "Add client"), (LedgerAudit, "Audit the ledger now")])
def test_an_empty_list_says_so_and_offers_once_what_fills_it_to_those_who_may(
    boss: Browser, support: Browser, model: type[models.Model], button: str
) -> None:
    words = text_of(boss.get(list_of(model)))
    assert "Nothing here" in words
    assert "Show everything" not in words
    assert words.count(f">{button}<") + words.count(f" {button}\n") == 1
    seen_by_support = text_of(support.get(list_of(model)))
    assert "Nothing here" in seen_by_support
    assert button not in seen_by_support
