"""The store as people use it: templates, recommendations, the basket, new passwords; in both themes and on a phone."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from billing.actions.payments import add_credit
from billing.models import Client, Order, StoreSettings
from billing.queries.clock import database_now
from catalog.actions.products import OptionValues, PriceValues, update_product
from catalog.models import Currency, Product, ProductGroup
from tests.browser.conftest import LogIn, find_barriers, is_wider_than_screen
from tests.builders import World, make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = (360, 768, 1440)
GROUP = "/store/licenses/"
LITE = f"{GROUP}ispmanager-lite/"


@pytest.fixture
def rich(shop: World) -> World:
    """Features, colors, two periods, an option, a recommendation that asks nothing, terms of service."""
    eur = Currency.objects.get(code="EUR")
    by_year = [PriceValues(eur, "MONTHLY", Decimal(5)), PriceValues(eur, "ANNUALLY", Decimal(50), Decimal(1))]
    words = {"tagline": "For a site or two", "description": "Domains: 10\nDaily backups", "color": "#0a7d78"}
    update_product(product=shop.lite, values=words, prices=by_year)
    nodes = OptionValues("nodes", {"maximum": 9}, [PriceValues(eur, "MONTHLY", Decimal(5))])
    update_product(product=shop.business, values={"is_featured": True, "color": "#b3261e"}, options=[nodes])
    help_with_it = make_product(shop.group, tariff_id="", module="", name="Managed setup", price="30.00")
    shop.lite.cross_sells.add(help_with_it)
    Product.objects.filter(pk=shop.bitninja.pk).update(has_stock_control=True)
    ProductGroup.objects.update(features="Key within a minute\nSupport around the clock", headline="Licenses for all")
    StoreSettings.objects.create(pk=1, terms_url="https://shop.example/terms")
    return shop


def find_problems(page: Page, name: str) -> list[str]:
    """Barriers, and widths that the page does not fit; looks are kept where SCREENSHOTS says."""
    problems = find_barriers(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if is_wider_than_screen(page):
            problems.append(f"{name} is wider than {width}")
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    return problems


def fill_in(page: Page, email: str = "nora@example.com") -> None:
    """Who a stranger is."""
    page.get_by_label("First name").fill("Nora")
    page.get_by_label("Last name").fill("Person")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Country").select_option("DE")
    page.get_by_role("button", name="Make one for me").click()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("template", ["standard", "comparison", "single_page"])
def test_every_template_is_without_barriers_and_fits_every_screen(
    portal: Page, live_server: LiveServer, rich: World, theme: str, template: str
) -> None:
    portal.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    portal.goto(f"{live_server.url}{GROUP}?template={template}")
    problems = find_problems(portal, f"{template}-{theme}")
    portal.goto(live_server.url + LITE)
    assert problems + find_problems(portal, f"{template}-product-{theme}") == []


class TestComparison:
    def test_scrolls_inside_on_a_phone_and_keeps_the_names_of_the_rows(
        self, portal: Page, live_server: LiveServer, rich: World
    ) -> None:
        portal.set_viewport_size({"width": 360, "height": 800})
        portal.goto(f"{live_server.url}{GROUP}?template=comparison")
        row = portal.get_by_role("rowheader", name="Domains")
        before = row.bounding_box()
        portal.get_by_role("region", name="Products side by side").focus()
        table = portal.locator(".comparison")
        for _press in range(20):
            portal.keyboard.press("ArrowRight")
            portal.wait_for_timeout(50)
        assert table.evaluate("node => node.scrollLeft") > 100
        assert before is not None
        assert row.bounding_box() == before


class TestSinglePage:
    def test_a_stranger_orders_on_one_page(self, portal: Page, live_server: LiveServer, rich: World) -> None:
        portal.goto(f"{live_server.url}{GROUP}?template=single_page")
        fill_in(portal)
        total = portal.locator("#sums .total").first
        expect(total).to_contain_text("€15.00")
        portal.get_by_role("radio", name="ispmanager lite").check()
        expect(total).to_contain_text("€5.00")
        portal.get_by_role("radio", name="Annually").check()
        expect(total).to_contain_text("€51.00")
        portal.get_by_label("IP address").fill("999.1.1.1")
        portal.keyboard.press("Tab")
        expect(portal.locator("#id_field_ip_error")).to_contain_text("IPv4")
        portal.get_by_role("button", name="Place the order").click()
        expect(portal.locator(".error-summary")).to_be_focused()
        assert find_barriers(portal) == []
        expect(portal.get_by_label("First name")).to_have_value("Nora")
        portal.get_by_label("IP address").fill("192.0.2.10")
        portal.get_by_label("I agree to the").check()
        portal.get_by_role("button", name="Place the order").dblclick()
        portal.wait_for_url("**/orders/*/")
        assert Order.objects.get().total == Decimal(51)

    def test_what_was_typed_stays_when_another_product_is_chosen(
        self, portal: Page, live_server: LiveServer, rich: World
    ) -> None:
        portal.goto(f"{live_server.url}{LITE}?template=single_page")
        portal.get_by_label("First name").fill("Nora")
        portal.get_by_label("IP address").fill("192.0.2.10")
        portal.get_by_role("radio", name="ispmanager business").check()
        expect(portal.get_by_label("Additional servers")).to_be_visible()
        expect(portal.get_by_label("IP address")).to_have_value("192.0.2.10")
        expect(portal.get_by_label("First name")).to_have_value("Nora")


class TestBasket:
    @pytest.fixture
    def basket(self, portal: Page, live_server: LiveServer, rich: World) -> Page:
        portal.goto(live_server.url + LITE)
        portal.get_by_label("IP address").fill("192.0.2.10")
        portal.get_by_label("IP address").press("Enter")
        portal.wait_for_url("**/checkout/")
        return portal

    def test_changes_show_at_once_and_what_is_typed_stays(self, basket: Page) -> None:
        basket.get_by_label("First name").fill("Nora")
        basket.get_by_role("button", name="Put in the basket").click()
        expect(basket.locator("#sums .total")).to_contain_text("€35.00")
        basket.get_by_label("Quantity").fill("2")
        basket.keyboard.press("Enter")
        expect(basket.locator("#sums .total")).to_contain_text("€65.00")
        expect(basket.locator("#basket-link")).to_contain_text("2")
        basket.get_by_label("Promo code").fill("nothing")
        basket.get_by_label("Promo code").press("Enter")
        expect(basket.locator("#promo_code_error")).to_contain_text("There is no promo code")
        assert find_barriers(basket) == []
        basket.get_by_label("Promo code").fill("")
        basket.get_by_role("button", name="Use the promo code").click()
        expect(basket.locator("#promo_code_error")).to_have_count(0)
        basket.get_by_role("button", name="Take out Managed setup").click()
        expect(basket.locator("#sums .total")).to_contain_text("€5.00")
        expect(basket.get_by_label("First name")).to_have_value("Nora")
        fill_in(basket)
        basket.get_by_label("I agree to the").check()
        basket.get_by_role("button", name="Place the order").click()
        basket.wait_for_url("**/orders/*/")
        assert Order.objects.get().total == Decimal(5)

    def test_a_recommendation_is_ordered_along_from_the_order_form(
        self, portal: Page, live_server: LiveServer, rich: World
    ) -> None:
        portal.goto(live_server.url + LITE)
        portal.get_by_label("IP address").fill("192.0.2.10")
        portal.get_by_role("button", name="Order this too").click()
        portal.wait_for_url("**/checkout/")
        expect(portal.locator("#sums .total")).to_contain_text("€35.00")


class TestCredit:
    def test_the_tick_tells_what_is_left_and_pays_a_part(
        self, portal: Page, live_server: LiveServer, rich: World, log_in: LogIn
    ) -> None:
        add_credit(client=rich.client, amount=Decimal(2), reason="test", actor="test", now=database_now())
        log_in(rich.client)
        portal.goto(live_server.url + LITE)
        portal.get_by_label("IP address").fill("192.0.2.10")
        portal.get_by_role("button", name="Continue").click()
        expect(portal.locator("#sums")).to_contain_text("Left to pay")
        portal.get_by_label("Use €2.00 of my credit balance").uncheck()
        expect(portal.locator("#sums .if-credit").first).to_be_hidden()
        portal.get_by_label("Use €2.00 of my credit balance").check()
        assert find_problems(portal, "credit") == []
        portal.get_by_label("I agree to the").check()
        portal.get_by_role("button", name="Place the order").click()
        portal.wait_for_url("**/orders/*/")
        assert Order.objects.get().invoice.balance == Decimal(3)
        assert Client.objects.get().credit_balance == 0


class TestNewPassword:
    def test_strength_is_told_in_words_while_it_is_typed(self, portal: Page, live_server: LiveServer) -> None:
        portal.goto(f"{live_server.url}/account/register/")
        password = portal.get_by_label("Password", exact=True)
        for typed, words in (
            ("abc", "Too short"),
            ("password12345", "Weak"),
            ("Nora1985Nora1985", "Weak"),
            ("violet-harbour-lantern-42", "Strong."),
        ):
            portal.get_by_label("First name").fill("Nora")
            password.fill(typed)
            expect(portal.get_by_role("status").filter(has_text=words)).to_be_visible()
        password.fill("")
        expect(portal.locator(".strength")).to_be_hidden()

    def test_is_made_with_the_chosen_length_shown_copied_and_put_in_twice(
        self, portal: Page, live_server: LiveServer
    ) -> None:
        portal.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
        portal.goto(f"{live_server.url}/account/register/")
        portal.get_by_label("Length").fill("32")
        portal.get_by_role("button", name="Make one for me").click()
        made = portal.get_by_label("Password", exact=True).input_value()
        assert len(made) == 32
        assert portal.get_by_label("Password once more").input_value() == made
        expect(portal.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
        portal.get_by_role("button", name="Copy").click()
        expect(portal.get_by_text("Copied").first).to_be_visible()
        assert portal.evaluate("navigator.clipboard.readText()") == made
        portal.get_by_role("button", name="Show").click()
        expect(portal.get_by_label("Password", exact=True)).to_have_attribute("type", "password")

    def test_the_library_comes_only_when_somebody_types(self, portal: Page, live_server: LiveServer) -> None:
        asked: list[str] = []
        portal.on("request", lambda request: asked.append(request.url))
        portal.goto(f"{live_server.url}/account/register/")
        portal.get_by_label("First name").fill("Nora")
        assert not [address for address in asked if "zxcvbn" in address]
        portal.get_by_label("Password", exact=True).fill("violet-harbour-lantern")
        expect(portal.locator(".strength")).to_be_visible()
        assert len([address for address in asked if "zxcvbn" in address]) == 1
