"""The module's own page: Product IDs of an account, and the directory of modules."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing.actions.modules import set_module_access
from billing.actions.price_lists import refresh_one_price_list
from billing.models import Event, ModuleAccess
from billing.queries.clock import database_now
from catalog.models import Product
from noc.models import PriceListEntry, Server
from noc.sandbox.server import Sandbox
from tests.billing.admin.pages import page_of, text_of
from tests.builders import World, make_active_service, make_product, make_server
from tests.kept_scenes import kept_scene

DIRECTORY = "/admin/noc/server/modules/"
PAGE = f"{DIRECTORY}ispmanager_noc/"
READ = f"{PAGE}read/"
ACCESS = f"{PAGE}access/"


@pytest.fixture
@kept_scene
def listed(world: World) -> World:
    """The account's live list has been read."""
    refresh_one_price_list(server_id=world.server.pk, now=database_now())
    return world


def rows(response: Any) -> dict[str, Any]:
    """What the page lists, by Product ID."""
    assert response.status_code == 200
    found = response.context["found"]
    return {row.tariff.id: row for section in found.sections for row in section.rows}


class TestProductIds:
    def test_every_section_shows_ids_and_prices_of_the_live_list(self, listed: World, boss: Browser) -> None:
        response = boss.get(PAGE)
        words = text_of(response)
        assert [section.kind for section in response.context["found"].sections] == [
            "license",
            "addition",
            "certificate",
            "software",
        ]
        found = rows(response)
        assert {found[number].tariff.source for number in ("55227", "55371", "3033", "9203")} == {"live"}
        assert "€4.00" in words
        assert "55236" in words
        assert "Live price list of this account" in words

    def test_built_in_rows_stand_behind_live_ones_and_are_marked(self, listed: World, boss: Browser) -> None:
        response = boss.get(PAGE)
        sources = [row.tariff.source for row in response.context["found"].sections[1].rows]
        assert sources == sorted(sources, reverse=True)
        assert set(sources) == {"live", "built-in"}
        assert "not on the live list" in text_of(response)

    def test_without_a_live_list_the_table_is_shown_and_why(
        self, world: World, boss: Browser, sandbox: Sandbox
    ) -> None:
        words = text_of(boss.get(PAGE))
        assert "has not been read yet" in words
        assert "ispmanager 6 lite" in words
        httpx.post(f"{sandbox.url}/admin/faults", json={"name": "pricelist_access"}).raise_for_status()
        refresh_one_price_list(server_id=world.server.pk, now=database_now())
        assert "may not read its price list" in text_of(boss.get(PAGE))
        Server.objects.update(health="REFUSED")
        refresh_one_price_list(server_id=world.server.pk, now=database_now())
        assert "refuses the login" in text_of(boss.get(PAGE))

    def test_an_old_list_stays_and_is_said_to_be_old(self, listed: World, boss: Browser) -> None:
        Server.objects.update(price_list_trouble="SILENT")
        words = text_of(boss.get(PAGE))
        assert "did not answer" in words
        assert "may be out of date" in words
        assert "€4.00" in words

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("q=55227", {"55227"}),
            ("q=ISPmanager+LITE", {"55227", "3541"}),
            ("q=wildcard+alpha", {"55347", "55325"}),
            ("q=bitninja&section=software", {"55369", "55391"}),
            ("q=nothing+like+this", set()),
            ("q=%00%25'", set()),
        ],
    )
    def test_search_goes_across_sections(self, listed: World, boss: Browser, query: str, expected: set[str]) -> None:
        assert set(rows(boss.get(f"{PAGE}?{query}"))) == expected

    def test_products_that_use_an_id_are_linked_and_others_can_be_made(self, listed: World, boss: Browser) -> None:
        words = text_of(boss.get(f"{PAGE}?q=55227"))
        assert page_of(listed.lite) in words
        link = "/admin/catalog/product/add/?module=ispmanager_noc&amp;tariff_id=55228&amp;name=ispmanager%206%20pro"
        assert link in text_of(boss.get(f"{PAGE}?q=55228"))
        form = text_of(boss.get(link.replace("&amp;", "&")))
        assert 'value="55228"' in form
        assert 'value="ispmanager 6 pro"' in form

    def test_the_default_account_comes_first_and_another_can_be_chosen(
        self, listed: World, boss: Browser, sandbox: Sandbox
    ) -> None:
        other = make_server(sandbox, name="A Russian account", username="reseller-ru")
        assert boss.get(PAGE).context["server"] == listed.server
        response = boss.get(f"{PAGE}?server={other.pk}")
        assert response.context["server"] == other
        assert {row.tariff.source for row in rows(response).values()} == {"built-in"}
        assert boss.get(f"{PAGE}?server=999999").status_code == 404
        assert boss.get(f"{PAGE}?server=x").status_code == 404

    def test_without_an_account_it_says_what_to_do(self, db: None, boss: Browser) -> None:
        words = text_of(boss.get(PAGE))
        assert "No partner account is connected" in words
        assert "/admin/noc/server/add/" in words

    def test_it_asks_the_database_the_same_however_much_is_listed(self, world: World, boss: Browser) -> None:
        boss.get(PAGE)
        with CaptureQueriesContext(connection) as few:
            boss.get(PAGE)
        refresh_one_price_list(server_id=world.server.pk, now=database_now())
        for number in range(5):
            make_product(world.group, tariff_id="55228", name=f"Pro {number}", price="9")
        with CaptureQueriesContext(connection) as many:
            assert PriceListEntry.objects.exists()
            boss.get(PAGE)
        assert len(many) - 1 == len(few) <= 10


class TestReadingAgain:
    def test_a_worker_is_asked_and_the_page_shows_when_it_is_done(
        self,
        world: World,
        boss: Browser,
        wakeups: list[tuple[str, Any]],
        django_capture_on_commit_callbacks: Callable[..., Any],
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            response = boss.post(READ, {"server": world.server.pk})
        assert wakeups == [("billing.refresh_price_list", {"server_id": world.server.pk})]
        waiting = boss.get(response.headers["Location"])
        assert "every 2s" in text_of(waiting)
        assert "A worker is reading" in text_of(waiting)
        refresh_one_price_list(server_id=world.server.pk, now=database_now())
        part = boss.get(response.headers["Location"], HTTP_HX_REQUEST="true")
        words = text_of(part)
        assert words.strip().startswith('<div id="list"')
        assert "every 2s" not in words
        assert "€4.00" in words

    def test_a_failed_reading_ends_the_wait_too(self, world: World, boss: Browser, sandbox: Sandbox) -> None:
        address = boss.post(READ, {"server": world.server.pk}).headers["Location"]
        httpx.post(f"{sandbox.url}/admin/faults", json={"name": "pricelist_access"}).raise_for_status()
        refresh_one_price_list(server_id=world.server.pk, now=database_now())
        words = text_of(boss.get(address))
        assert "may not read its price list" in words
        assert "every 2s" not in words

    def test_nobody_waits_for_ever(self, world: World, boss: Browser) -> None:
        since = (database_now() - timedelta(seconds=61)).isoformat().replace("+", "%2B")
        words = text_of(boss.get(f"{PAGE}?since={since}"))
        assert "No worker has read the price list yet" in words
        assert "every 2s" not in words

    @pytest.mark.parametrize("since", ["x", "2026-99-99T00:00", "2026-01-01", "2026-01-01T00:00"])
    def test_a_moment_that_is_none_is_passed_over(self, world: World, boss: Browser, since: str) -> None:
        assert "every 2s" not in text_of(boss.get(f"{PAGE}?since={since}"))

    def test_looking_asks_nobody(self, world: World, boss: Browser) -> None:
        assert boss.get(READ).status_code == 405
        assert boss.post(READ, {"server": "999999"}).status_code == 404


class TestAccess:
    def test_only_roles_that_were_let_in_see_page_and_link(self, world: World, sales: Browser, boss: Browser) -> None:
        for address in (PAGE, ACCESS, DIRECTORY):
            assert sales.get(address).status_code == 403
        assert sales.post(READ, {"server": world.server.pk}).status_code == 403
        assert PAGE not in text_of(sales.get("/admin/"))
        assert boss.post(ACCESS, {"roles": ["SALES_OPERATOR"]}).status_code == 302
        assert list(ModuleAccess.objects.values_list("module", "role")) == [("ispmanager_noc", "SALES_OPERATOR")]
        words = text_of(sales.get(PAGE))
        assert PAGE in words
        assert "Make a product" in words
        assert ACCESS not in words
        assert sales.get(ACCESS).status_code == 403
        boss.post(ACCESS, {"roles": []})
        assert sales.get(PAGE).status_code == 403

    def test_a_change_is_in_the_audit_trail_and_no_change_is_not(self, world: World, boss: Browser) -> None:
        for _press in range(2):
            boss.post(ACCESS, {"roles": ["SUPPORT_OPERATOR", "SALES_OPERATOR"]})
        event = Event.objects.get(name="module.access_changed")
        assert event.data == {"module": "ispmanager_noc", "roles": ["SALES_OPERATOR", "SUPPORT_OPERATOR"]}
        assert event.actor == "full_administrator@example.com"

    def test_roles_are_checked(self, world: World, boss: Browser) -> None:
        assert "roles" in boss.post(ACCESS, {"roles": ["GOD"]}).context["form"].errors
        assert boss.get(f"{DIRECTORY}plesk/").status_code == 404
        assert boss.get(f"{DIRECTORY}plesk/access/").status_code == 404

    def test_support_may_look_but_makes_no_products(self, world: World, support: Browser) -> None:
        set_module_access(module="ispmanager_noc", roles=["SUPPORT_OPERATOR"], actor="test", now=database_now())
        assert "Make a product" not in text_of(support.get(PAGE))


class TestDirectory:
    def test_tells_what_each_module_has(self, world: World, boss: Browser) -> None:
        make_active_service(world.client, world.lite, ip="192.0.2.10")
        Product.objects.filter(pk=world.business.pk).update(is_retired=True)
        (row,) = boss.get(DIRECTORY).context["modules"]
        assert (row["use"].servers, row["use"].products, row["use"].services) == (1, 2, 1)
        assert row["use"].role_labels == ["Full Administrator"]


@pytest.mark.parametrize(
    ("address", "lit"),
    [
        ("/admin/", "Today"),
        ("/admin/noc/server/", "Servers"),
        (DIRECTORY, "Modules"),
        (PAGE, "ispmanager NOC"),
        ("/admin/noc/servergroup/", "Server groups"),
        ("/admin/noc/server/add/", "Servers"),
    ],
)
def test_one_place_of_the_menu_lights_up_at_a_time(world: World, boss: Browser, address: str, lit: str) -> None:
    items = [item for group in boss.get(address).context["sidebar_navigation"] for item in group["items"]]
    assert [str(item["title"]) for item in items if item["active"]] == [lit]
