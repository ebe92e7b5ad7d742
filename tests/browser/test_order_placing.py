"""Orders placed and decided by an operator in a real browser: no barriers, nothing wider than the screen."""

import pytest
from django.conf import settings
from django.test import Client as DjangoBrowser
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from billing.models import Order, User
from catalog.actions.products import OptionValues, update_product
from catalog.models import CustomField
from tests.billing.actions.test_ordering_addons import make_addon, price_of
from tests.browser.test_tariffs import find_problems
from tests.builders import World, make_hosting, place

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ORDERS = "/admin/billing/order/"


@pytest.fixture
def back_office(portal: Page, live_server: LiveServer) -> Page:
    """A full administrator's browser."""
    session = DjangoBrowser()
    session.force_login(User.objects.create_user("boss@example.com", is_staff=True, role="FULL_ADMINISTRATOR"))
    cookie = session.cookies[settings.SESSION_COOKIE_NAME].value
    portal.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return portal


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_orders_are_placed_and_decided_without_barriers(
    back_office: Page, live_server: LiveServer, shop: World, theme: str
) -> None:
    nodes = OptionValues("nodes", {"maximum": 10}, [price_of("MONTHLY", "5", "1")])
    update_product(product=shop.business, values={}, options=[nodes])
    make_addon(shop.business)
    make_hosting(shop.group)
    page = back_office
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto(f"{live_server.url}{ORDERS}")
    page.get_by_role("link", name="Place order").click()
    problems = find_problems(page, f"client-{theme}")
    page.get_by_role("link", name="Anna Berg").click()
    problems += find_problems(page, f"empty-{theme}")
    page.get_by_label("Product", exact=True).select_option(label="ispmanager business")
    page.get_by_role("button", name="Put in").click()
    page.get_by_label("additional servers").fill("2")
    page.get_by_label("Product", exact=True).select_option(label="Hosting")
    page.get_by_role("button", name="Put in").click()
    page.get_by_label("Quantity").fill("2")
    page.get_by_label("Quantity").press("Tab")
    page.locator("#sums").get_by_text("€37.00").wait_for()
    page.get_by_text("Grant another price").first.click()
    page.get_by_label("Price of one instead").first.fill("10")
    page.get_by_label("Why").first.fill("Old friend")
    page.locator("#sums").get_by_text("€32.00").wait_for()
    page.get_by_role("button", name="Place order").click()
    page.get_by_text("Nothing has been ordered").wait_for()
    problems += find_problems(page, f"refused-{theme}")
    page.get_by_label("IP address").first.fill("192.0.2.10")
    page.get_by_role("button", name="Place order").click()
    page.get_by_text("is placed for Anna Berg").wait_for()
    problems += find_problems(page, f"order-{theme}")
    assert Order.objects.get().total == 32
    place(shop.client, shop.lite, ip="192.0.2.11")
    page.goto(f"{live_server.url}{ORDERS}")
    problems += find_problems(page, f"list-{theme}")
    for box in page.locator("input.action-select").all():
        box.check(force=True)
    page.locator("select[name=action]").select_option("cancel_selected")
    page.locator("button[name=index]").click()
    page.get_by_text("is no longer asked for").first.wait_for()
    problems += find_problems(page, f"decide-{theme}")
    page.get_by_role("button", name="Cancel 2 orders").click()
    page.get_by_text("2 orders are cancelled.").wait_for()
    assert problems == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_links_are_copied_and_fields_renamed_without_barriers(
    back_office: Page, live_server: LiveServer, shop: World, theme: str
) -> None:
    shop.lite.custom_fields.filter(key="licname").delete()
    CustomField.objects.create(product=shop.lite, key="license_name", label="License name")
    page = back_office
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto(f"{live_server.url}/admin/catalog/product/{shop.lite.pk}/change/")
    problems = find_problems(page, f"product-{theme}")
    page.get_by_role("tab", name="Links").click()
    page.get_by_role("button", name="Copy the link: Order form, Monthly (As in WHMCS)").click()
    page.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{live_server.url}/cart.php?a=add&pid={shop.lite.pk}&billingcycle=monthly"
    page.get_by_role("tab", name="Custom fields").click()
    page.get_by_role("link", name="Look and rename").click()
    problems += find_problems(page, f"names-{theme}")
    page.get_by_role("button", name="Rename the chosen fields").click()
    page.get_by_text("Every value is kept").wait_for()
    assert problems == []
