"""Every main page in both themes and at three widths: no barriers, nothing wider than the screen."""

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import LogIn, find_barriers, is_wider_than_screen
from tests.builders import World, make_active_service, open_windows, place

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = (360, 768, 1440)
PRODUCT = "/store/licenses/ispmanager-lite/"
OWN = ("/profile/", "/profile/email/", "/letters/", "/notifications/", "/account/password/")
PUBLIC = ("/", "/store/licenses/", PRODUCT, "/account/login/", "/account/register/", "/account/password/forgotten/")


def judge(page: Page, live_server: LiveServer, addresses: list[str]) -> list[str]:
    problems = []
    for address in addresses:
        page.goto(live_server.url + address)
        problems += find_barriers(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if is_wider_than_screen(page):
                problems.append(f"{address} is wider than {width}")
    return problems


@pytest.mark.parametrize("theme", ["light", "dark"])
class TestNoBarriers:
    def test_in_the_store(self, portal: Page, live_server: LiveServer, theme: str) -> None:
        portal.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        assert judge(portal, live_server, [*PUBLIC, "/checkout/", "/no-such-page/"]) == []

    def test_in_the_order_form_with_errors_and_at_the_checkout(
        self, portal: Page, live_server: LiveServer, theme: str
    ) -> None:
        portal.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        portal.goto(live_server.url + PRODUCT)
        portal.get_by_label("IP address").fill("999.1.1.1")
        portal.get_by_role("button", name="Continue").click()
        portal.locator(".error-summary").wait_for()
        assert find_barriers(portal) == []
        portal.get_by_label("IP address").fill("192.0.2.10")
        portal.get_by_role("button", name="Continue").click()
        portal.wait_for_url("**/checkout/")
        assert judge(portal, live_server, ["/checkout/"]) == []

    def test_in_the_client_area(
        self, portal: Page, live_server: LiveServer, shop: World, log_in: LogIn, theme: str
    ) -> None:
        portal.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        service = make_active_service(shop.client, shop.lite, ip="192.0.2.10", licname="w" * 60 + ".example.com")
        open_windows()
        waiting = place(shop.client, shop.lite, ip="192.0.2.11")
        log_in(shop.client)
        own = f"/services/{service.pk}/"
        addresses = ["/services/", own, f"{own}change/", f"{own}commands/terminate/", f"{own}commands/renew/"]
        addresses += ["/invoices/", f"/invoices/{waiting.invoice.pk}/", "/orders/", f"/orders/{waiting.number}/"]
        assert judge(portal, live_server, [*addresses, *OWN]) == []


class TestTheJudge:
    def test_finds_a_field_whose_label_is_gone(self, portal: Page, live_server: LiveServer) -> None:
        portal.goto(live_server.url + "/account/login/")
        portal.evaluate("document.querySelector('label[for=id_username]').remove()")
        assert any(" label: " in problem for problem in find_barriers(portal))

    def test_finds_grey_on_grey(self, portal: Page) -> None:
        portal.evaluate("document.documentElement.style.setProperty('--text-muted', '#aaa')")
        assert any(" color-contrast: " in problem for problem in find_barriers(portal))


class TestAppearance:
    def test_follows_the_system_until_one_is_chosen_and_then_stays(self, portal: Page) -> None:
        def background() -> str:
            return str(portal.evaluate("getComputedStyle(document.body).backgroundColor"))

        portal.emulate_media(color_scheme="dark")
        dark = background()
        portal.emulate_media(color_scheme="light")
        light = background()
        assert dark != light
        portal.get_by_label("Language and appearance").click()
        portal.get_by_role("button", name="Dark", exact=True).click()
        assert background() == dark
        portal.reload()
        assert background() == dark

    def test_language_is_switched_from_the_header(self, portal: Page) -> None:
        portal.get_by_label("Language and appearance").click()
        portal.get_by_role("button", name="Русский").click()
        portal.wait_for_function("document.documentElement.lang === 'ru'")


class TestKeyboard:
    def test_first_tab_offers_to_skip_to_the_content(self, portal: Page) -> None:
        portal.keyboard.press("Tab")
        portal.keyboard.press("Enter")
        assert portal.evaluate("document.activeElement.id") == "content"

    def test_escape_closes_a_menu_and_gives_the_focus_back(self, portal: Page) -> None:
        menu = portal.locator("details.menu").first
        menu.locator("summary").press("Enter")
        assert menu.get_attribute("open") is not None
        portal.keyboard.press("Escape")
        assert menu.get_attribute("open") is None
        assert portal.evaluate("document.activeElement.tagName") == "SUMMARY"
