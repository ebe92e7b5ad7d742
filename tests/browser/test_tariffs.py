"""From the price list to products in a real browser: no barriers, nothing wider than the screen."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client as DjangoBrowser
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from billing.actions.price_lists import refresh_one_price_list
from billing.models import User
from billing.queries.clock import database_now
from catalog.models import Product
from noc.models import PriceListEntry
from tests.browser.conftest import find_barriers, is_wider_than_screen
from tests.builders import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = (360, 768, 1440)
CHANGES = "/admin/catalog/tariffcost/"


@pytest.fixture
def back_office(portal: Page, live_server: LiveServer, shop: World) -> Page:
    """A full administrator's browser; the account's price list has been read."""
    refresh_one_price_list(server_id=shop.server.pk, now=database_now())
    session = DjangoBrowser()
    session.force_login(User.objects.create_user("boss@example.com", is_staff=True, role="FULL_ADMINISTRATOR"))
    cookie = session.cookies[settings.SESSION_COOKIE_NAME].value
    portal.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return portal


def find_problems(page: Page, name: str) -> list[str]:
    """Barriers of our own part, and widths that it does not fit; looks are kept where SCREENSHOTS says."""
    problems = [barrier for barrier in find_barriers(page) if ".bo-" in barrier]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if is_wider_than_screen(page):
            problems.append(f"{name} is wider than {width}")
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}.png")
    return problems


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_products_are_made_and_prices_follow_without_barriers(
    back_office: Page, live_server: LiveServer, shop: World, theme: str
) -> None:
    page = back_office
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto(f"{live_server.url}{CHANGES}from-price-list/")
    problems = find_problems(page, f"choose-{theme}")
    for name in ("ispmanager 6 pro", "ispmanager 6 host", "CloudLinux", "ispmanager 6 lite"):
        page.get_by_role("checkbox", name=name, exact=True).check()
    page.get_by_role("checkbox", name="RUB").check()
    page.get_by_label("Exchange rate of RUB").fill("98.5")
    page.get_by_role("button", name="Preview").last.click()
    page.get_by_text("Left out.").first.wait_for()
    problems += find_problems(page, f"preview-{theme}")
    page.get_by_role("button", name="Create 3 products").click()
    page.get_by_text("3 products are made in the group Licenses.").wait_for()
    assert Product.objects.count() == 6
    PriceListEntry.objects.filter(tariff_id="55228").update(prices={"1": "9.00"})
    page.goto(f"{live_server.url}{CHANGES}")
    problems += find_problems(page, f"changes-{theme}")
    page.get_by_role("button", name="Accept all 2 proposed prices").click()
    page.get_by_text("2 prices are changed.").wait_for()
    assert problems == []
