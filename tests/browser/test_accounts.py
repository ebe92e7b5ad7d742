"""Partner accounts in the back office: no barriers, nothing wider than the screen, and one click into the partner."""

from datetime import timedelta

import httpx
import pytest
from django.conf import settings
from django.test import Client as DjangoBrowser
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from billing.actions.balances import read_every_balance
from billing.actions.price_lists import refresh_one_price_list
from billing.models import Service, User
from billing.queries.clock import business_date, database_now
from tests.browser.conftest import find_barriers, is_wider_than_screen
from tests.builders import World, make_active_service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = (360, 768, 1440)
MODULES = "/admin/noc/server/modules/"


@pytest.fixture
def back_office(portal: Page, live_server: LiveServer, shop: World) -> Page:
    """A full administrator's browser; the account has a price list, a little money and a renewal due."""
    service = make_active_service(shop.client, shop.business, ip="192.0.2.10")
    Service.objects.filter(pk=service.pk).update(expires_on=business_date(database_now()) + timedelta(days=5))
    balance = {"login": "reseller", "balance": "22.50"}
    httpx.post(f"{shop.server.hostname}/admin/balance", json=balance).raise_for_status()
    refresh_one_price_list(server_id=shop.server.pk, now=database_now())
    read_every_balance(now=database_now())
    session = DjangoBrowser()
    session.force_login(User.objects.create_user("boss@example.com", is_staff=True, role="FULL_ADMINISTRATOR"))
    cookie = session.cookies[settings.SESSION_COOKIE_NAME].value
    portal.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return portal


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_our_part_of_the_pages_has_no_barriers_and_fits_every_screen(
    back_office: Page, live_server: LiveServer, shop: World, theme: str
) -> None:
    back_office.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page, problems = f"/admin/noc/server/{shop.server.pk}/", []
    for address in (MODULES, f"{MODULES}ispmanager_noc/", f"{MODULES}ispmanager_noc/access/", f"{page}change/"):
        back_office.goto(live_server.url + address)
        problems += [barrier for barrier in find_barriers(back_office) if ".bo-" in barrier]
        for width in WIDTHS:
            back_office.set_viewport_size({"width": width, "height": 800})
            if is_wider_than_screen(back_office):
                problems.append(f"{address} is wider than {width}")
    assert problems == []


@pytest.mark.parametrize("place", ["page", "list", "today", "module"])
def test_one_click_leads_into_the_partner_account(
    back_office: Page, live_server: LiveServer, shop: World, place: str
) -> None:
    addresses = {
        "page": f"/admin/noc/server/{shop.server.pk}/change/",
        "list": "/admin/noc/server/",
        "today": "/admin/",
        "module": f"{MODULES}ispmanager_noc/",
    }
    back_office.goto(live_server.url + addresses[place])
    with back_office.context.expect_page() as opened:
        back_office.get_by_role("button", name="Log in to the partner account").click()
    tab = opened.value
    tab.wait_for_url(f"{shop.server.hostname}/**")
    assert tab.title() == "Signed in"
    assert "key=" not in tab.url
    assert tab.evaluate("window.opener") is None


def test_a_new_price_list_shows_up_by_itself(back_office: Page, live_server: LiveServer, shop: World) -> None:
    shop.server.price_list.all().delete()
    back_office.goto(f"{live_server.url}{MODULES}ispmanager_noc/")
    assert back_office.get_by_text("live list").count() == 0
    back_office.get_by_role("button", name="Read again now").click()
    back_office.get_by_text("A worker is reading the price list.").wait_for()
    refresh_one_price_list(server_id=shop.server.pk, now=database_now())
    back_office.get_by_text("Live price list of this account").wait_for()
    assert back_office.get_by_text("live list", exact=True).count() > 20
