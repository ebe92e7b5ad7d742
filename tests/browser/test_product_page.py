"""The page of a product in a real browser: tabs, prices, fields, cross-sells, the order of the store."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client as DjangoBrowser
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from billing.models import User
from catalog.models import Product, ProductGroup
from tests.browser.conftest import find_barriers, is_wider_than_screen
from tests.builders import World, make_client, pay, place
from tests.catalog.samples import make_plain_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = (360, 768, 1440)
TABS = (
    "Details",
    "Pricing",
    "Module settings",
    "Custom fields",
    "Configurable options",
    "Cross-sells",
    "Other",
    "Links",
)
# Parts of selectors: the rest is drawn by unfold.
OURS = (".bo-", "tab-", "prices", "window-", "checklist", "arrange-", "select2", "product-")


@pytest.fixture
def back_office(portal: Page, live_server: LiveServer, shop: World) -> Page:
    """A full administrator's browser."""
    session = DjangoBrowser()
    session.force_login(User.objects.create_user("boss@example.com", is_staff=True, role="FULL_ADMINISTRATOR"))
    cookie = session.cookies[settings.SESSION_COOKIE_NAME].value
    portal.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    portal.set_viewport_size({"width": 1440, "height": 900})
    return portal


@pytest.fixture
def product_page(back_office: Page, live_server: LiveServer, shop: World) -> Page:
    open_product(back_office, live_server, shop.business)
    return back_office


def open_product(page: Page, live_server: LiveServer, product: Product, fragment: str = "") -> None:
    page.goto("about:blank")
    page.goto(f"{live_server.url}/admin/catalog/product/{product.pk}/change/{fragment}")
    page.get_by_role("tab", name="Details").wait_for()


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_text("was changed successfully").wait_for()


class TestTabs:
    def test_one_part_is_shown_at_a_time(self, product_page: Page) -> None:
        for name in TABS:
            open_tab(product_page, name)
            assert product_page.get_by_role("tabpanel").count() == 1
            expect(product_page.get_by_role("tabpanel", name=name)).to_be_visible()

    def test_arrow_keys_move_between_them(self, product_page: Page) -> None:
        product_page.get_by_role("tab", name="Details").focus()
        product_page.keyboard.press("ArrowRight")
        expect(product_page.get_by_role("tab", name="Pricing")).to_be_focused()
        expect(product_page.get_by_role("tabpanel", name="Pricing")).to_be_visible()
        product_page.keyboard.press("End")
        expect(product_page.get_by_role("tabpanel", name="Links")).to_be_visible()
        product_page.keyboard.press("ArrowRight")
        expect(product_page.get_by_role("tabpanel", name="Details")).to_be_visible()

    def test_an_address_leads_to_one(self, back_office: Page, live_server: LiveServer, shop: World) -> None:
        open_product(back_office, live_server, shop.business, "#tab-other")
        expect(back_office.get_by_role("tabpanel", name="Other")).to_be_visible()
        open_product(back_office, live_server, shop.business, "#id_tariff_id")
        expect(back_office.locator("#id_tariff_id")).to_be_focused()

    def test_after_saving_one_is_where_one_was(self, product_page: Page, shop: World) -> None:
        open_tab(product_page, "Other")
        product_page.locator("#id_position").fill("7")
        save(product_page)
        expect(product_page.get_by_role("tabpanel", name="Other")).to_be_visible()
        shop.business.refresh_from_db()
        assert shop.business.position == 7

    def test_errors_are_counted_on_their_tabs_and_lead_to_their_fields(self, product_page: Page) -> None:
        product_page.locator("#id_name").fill("")
        open_tab(product_page, "Other")
        product_page.get_by_label("Payout amount").fill("-2")
        product_page.get_by_role("button", name="Save", exact=True).click()
        expect(product_page.get_by_role("tab", name="Details 1")).to_be_visible()
        expect(product_page.get_by_role("tab", name="Other 1")).to_be_visible()
        product_page.get_by_role("link", name="Other · Payout amount").click()
        expect(product_page.get_by_label("Payout amount")).to_be_focused()
        expect(product_page.get_by_label("Payout amount")).to_have_value("-2")
        product_page.get_by_role("link", name="Details · Name").click()
        expect(product_page.locator("#id_name")).to_be_focused()

    def test_the_checklist_leads_to_what_is_missing(
        self, back_office: Page, live_server: LiveServer, shop: World
    ) -> None:
        Product.objects.filter(pk=shop.business.pk).update(has_stock_control=True)
        open_product(back_office, live_server, shop.business)
        back_office.get_by_role("link", name="It is sold out").click()
        expect(back_office.locator("#id_stock_quantity")).to_be_focused()


class TestPrices:
    def test_a_typed_price_is_switched_on_and_saved(self, product_page: Page, shop: World) -> None:
        open_tab(product_page, "Pricing")
        product_page.get_by_role("textbox", name="Price: Annually, EUR", exact=True).fill("150")
        expect(product_page.get_by_role("checkbox", name="Sell: Annually, EUR")).to_be_checked()
        save(product_page)
        assert set(shop.business.prices.values_list("cycle", flat=True)) == {"MONTHLY", "ANNUALLY"}

    def test_what_the_tariff_does_not_sell_is_closed(self, product_page: Page) -> None:
        open_tab(product_page, "Pricing")
        expect(product_page.get_by_role("checkbox", name="Sell: Quarterly, EUR")).to_be_disabled()
        expect(product_page.get_by_text("ispmanager 6 business is not sold for this period.").first).to_be_visible()

    def test_lines_follow_the_payment_type_and_come_back(self, product_page: Page, shop: World) -> None:
        open_tab(product_page, "Pricing")
        monthly = product_page.get_by_role("textbox", name="Price: Monthly, EUR", exact=True)
        once = product_page.get_by_role("textbox", name="Price: One time, EUR", exact=True)
        expect(once).to_be_hidden()
        product_page.get_by_label("Payment type").select_option("FREE")
        expect(product_page.get_by_text("A free product has no prices.")).to_be_visible()
        product_page.get_by_label("Payment type").select_option("ONE_TIME")
        expect(monthly).to_be_hidden()
        once.fill("99")
        save(product_page)
        shop.business.refresh_from_db()
        assert [(row.cycle, row.price) for row in shop.business.prices.all()] == [("ONE_TIME", 99)]

    def test_lines_follow_the_product_id_while_it_is_typed(self, product_page: Page) -> None:
        open_tab(product_page, "Module settings")
        product_page.locator("#id_tariff_id").fill("55371")
        product_page.get_by_label("Admin phone").click()
        expect(product_page.locator("#tariff-words")).to_contain_text("BitNinja")
        open_tab(product_page, "Pricing")
        expect(product_page.get_by_text("ispmanager 6 business is not sold")).to_have_count(0)
        expect(product_page.get_by_role("textbox", name="Price: Monthly, EUR", exact=True)).to_have_value("15.00")


class TestFields:
    def test_a_field_is_added_tried_and_saved(self, product_page: Page, shop: World) -> None:
        open_tab(product_page, "Custom fields")
        product_page.get_by_role("link", name="Add another Custom field").click()
        row = product_page.locator("#custom_fields-group .form-group.template:not(.empty-form)")
        row.get_by_label("Key").fill("contract|Contract number")
        row.get_by_label("Label", exact=True).focus()
        expect(row.get_by_label("Key")).to_have_value("contract")
        expect(row.get_by_label("Label", exact=True)).to_have_value("Contract number")
        expect(row.get_by_label("Options")).to_be_hidden()
        row.get_by_label("Validation").fill("[0-9]{4}")
        row.get_by_label("Try a value").fill("12")
        expect(row.get_by_text("does not have the form")).to_be_visible()
        row.get_by_label("Try a value").fill("1234")
        expect(row.get_by_text("This value is accepted.")).to_be_visible()
        row.get_by_label("Type").select_option("DROPDOWN")
        expect(row.get_by_label("Validation")).to_be_hidden()
        row.get_by_label("Options").fill("a, b")
        save(product_page)
        field = shop.business.custom_fields.get(key="contract")
        assert (field.label, field.type, field.options) == ("Contract number", "DROPDOWN", "a, b")

    def test_fields_are_dragged_into_order(self, product_page: Page, shop: World) -> None:
        open_tab(product_page, "Custom fields")
        rows = product_page.locator("#custom_fields-group .form-group.original")
        handles = rows.locator("[x-sort\\:handle]")
        handles.nth(3).drag_to(handles.nth(0))
        save(product_page)
        keys = shop.business.custom_fields.order_by("position").values_list("key", flat=True)
        assert list(keys) == ["order_id", "licname", "ip", "lickey"]


class TestCrossSells:
    def test_a_product_is_searched_for_and_chosen(self, product_page: Page, shop: World) -> None:
        open_tab(product_page, "Cross-sells")
        product_page.locator(".field-cross_sells .select2-selection").click()
        product_page.keyboard.type("bitn")
        product_page.locator(".select2-results__option", has_text="BitNinja").click()
        save(product_page)
        assert [product.name for product in shop.business.cross_sells.all()] == ["BitNinja"]


class TestArranging:
    def names(self) -> list[str]:
        return [product.name for product in Product.objects.all()]

    def test_products_are_moved_by_arrow_number_and_mouse(
        self, back_office: Page, live_server: LiveServer, shop: World
    ) -> None:
        page = back_office
        page.goto(f"{live_server.url}/admin/catalog/product/")
        page.get_by_role("link", name="Arrange the store").click()
        page.get_by_role("button", name="Move ispmanager lite up").click()
        expect(page.get_by_label("Place of ispmanager lite")).to_have_value("2")
        expect(page.get_by_role("button", name="Move ispmanager lite up")).to_be_focused()
        page.get_by_label("Place of ispmanager business").fill("1")
        page.keyboard.press("Tab")
        expect(page.get_by_label("Place of BitNinja")).to_have_value("2")
        page.get_by_role("button", name="Save the order").click()
        page.get_by_text("another place now").wait_for()
        assert self.names() == ["ispmanager business", "BitNinja", "ispmanager lite"]
        handles = page.locator(".arrange-products [x-sort\\:handle]")
        handles.nth(2).drag_to(handles.nth(0))
        expect(page.get_by_label("Place of ispmanager lite")).to_have_value("1")
        page.get_by_role("button", name="Save the order").click()
        page.get_by_text("another place now").wait_for()
        assert self.names() == ["ispmanager lite", "ispmanager business", "BitNinja"]


class TestDuplicating:
    def test_a_dialog_makes_a_hidden_copy(self, product_page: Page) -> None:
        product_page.get_by_role("button", name="Duplicate").click()
        dialog = product_page.locator("#dialog")
        dialog.get_by_label("Name").fill("Business for schools")
        dialog.get_by_role("button", name="Duplicate").click()
        product_page.get_by_text("is made, hidden for now").wait_for()
        expect(product_page.locator("#id_name")).to_have_value("Business for schools")
        assert Product.objects.get(name="Business for schools").is_hidden


def find_problems(page: Page, name: str) -> list[str]:
    """Barriers of our own parts, and widths that the page does not fit; looks are kept where SCREENSHOTS says."""
    found = [(barrier, barrier.partition("[")[2]) for barrier in find_barriers(page)]
    problems = [barrier for barrier, selector in found if any(part in selector for part in OURS)]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if is_wider_than_screen(page):
            problems.append(f"{name} is wider than {width}")
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    return problems


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barriers_and_nothing_wider_than_the_screen(
    back_office: Page, live_server: LiveServer, shop: World, theme: str
) -> None:
    page = back_office
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    broken = make_plain_product(shop.group, name="A product with a name that is longer than most " + "x" * 60)
    Product.objects.filter(pk=broken.pk).update(has_stock_control=True, is_domain_required=True)
    pay(place(make_client(), shop.lite, ip="192.0.2.10").invoice)
    open_product(page, live_server, shop.business)
    problems = []
    for name in TABS:
        open_tab(page, name)
        problems += find_problems(page, f"product-{name.lower().replace(' ', '-')}-{theme}")
    addresses = {
        "missing": f"catalog/product/{broken.pk}/change/",
        "products": "catalog/product/",
        "arrange": "catalog/product/arrange/",
        "group": f"catalog/productgroup/{ProductGroup.objects.get().pk}/change/",
        "settings": "billing/storesettings/",
        "orders": "billing/order/",
        "new": "catalog/product/add/",
    }
    for name, address in addresses.items():
        page.goto(f"{live_server.url}/admin/{address}")
        problems += find_problems(page, f"{name}-{theme}")
    assert problems == [], "\n".join(problems)
