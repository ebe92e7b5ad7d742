"""Ordering and the client area as people do it."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from billing.actions.payments import add_credit
from billing.models import Order, ServiceField
from billing.queries.clock import database_now
from catalog.actions.products import PriceValues, update_product
from catalog.models import Currency
from tests.browser.conftest import LogIn
from tests.builders import World, make_active_service, make_hosting, run_due_operations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PRODUCT = "/store/licenses/ispmanager-lite/"


class TestOrderForm:
    def test_price_follows_the_choice(self, portal: Page, live_server: LiveServer, shop: World) -> None:
        make_hosting(shop.group)
        portal.goto(f"{live_server.url}/store/licenses/hosting/")
        portal.get_by_label("Quantity").fill("3")
        portal.keyboard.press("Tab")
        expect(portal.locator("#price .total")).to_contain_text("€15.00")

    def test_wrong_ip_is_told_before_anything_is_sent(self, portal: Page, live_server: LiveServer) -> None:
        portal.goto(live_server.url + PRODUCT)
        portal.get_by_label("IP address").fill("999.1.1.1")
        portal.keyboard.press("Tab")
        expect(portal.locator("#id_field_ip_error")).to_contain_text("IPv4")
        portal.get_by_label("IP address").fill("192.0.2.10")
        portal.keyboard.press("Tab")
        expect(portal.locator("#id_field_ip_error")).to_be_empty()

    def test_errors_after_sending_get_the_focus(self, portal: Page, live_server: LiveServer) -> None:
        portal.goto(live_server.url + PRODUCT)
        portal.get_by_role("button", name="Continue").click()
        expect(portal.locator(".error-summary")).to_be_focused()


class TestCheckout:
    def test_made_passwords_hold_nothing_but_letters_of_the_alphabet(
        self, portal: Page, live_server: LiveServer
    ) -> None:
        portal.goto(f"{live_server.url}/account/register/")
        portal.get_by_role("button", name="Make one for me").wait_for()
        made = portal.evaluate("""() => Array.from({length: 100}, () => {
            document.querySelector("[data-password=make]").click();
            return document.querySelector("[name=password]").value;
        })""")
        assert [password for password in made if len(password) != 20 or "undefined" in password] == []
        assert len(set(made)) == 100

    def test_a_late_answer_does_not_overwrite_the_sums_of_a_later_choice(
        self, portal: Page, live_server: LiveServer, shop: World
    ) -> None:
        prices = [PriceValues(Currency.objects.get(code=code), "MONTHLY", Decimal(5)) for code in ("EUR", "RUB")]
        update_product(product=shop.lite, values={}, prices=prices)
        portal.goto(live_server.url + PRODUCT)
        portal.get_by_label("IP address").fill("192.0.2.10")
        portal.get_by_role("button", name="Continue").click()
        held: list[Route] = []
        in_euros = re.compile("summary.*EUR")
        portal.route(in_euros, lambda route: held.append(route))
        # Whoever chooses before the scripts are there is not answered at once.
        portal.wait_for_url("**/checkout/")
        with portal.expect_request(in_euros):
            portal.get_by_label("Country").select_option("DE")
        portal.get_by_label("Currency").select_option("RUB")
        portal.wait_for_timeout(500)
        (late,) = held
        late.continue_()
        portal.wait_for_timeout(500)
        expect(portal.locator("#sums .total")).to_contain_text("RUB")
        expect(portal.locator("#basket .order-line-head")).to_contain_text("RUB")
        expect(portal.get_by_label("Currency")).to_have_value("RUB")


class TestJourney:
    def test_stranger_orders_and_is_told_that_payment_is_awaited(self, portal: Page, live_server: LiveServer) -> None:
        portal.goto(live_server.url + PRODUCT)
        portal.get_by_label("IP address").fill("192.0.2.10")
        portal.get_by_role("button", name="Continue").click()
        portal.get_by_label("E-mail").fill("nora@example.com")
        portal.get_by_role("button", name="Make one for me").click()
        portal.get_by_label("First name").fill("Nora")
        portal.get_by_label("Last name").fill("Person")
        portal.get_by_label("Country").select_option("DE")
        portal.get_by_role("button", name="Place the order").dblclick()
        portal.wait_for_url("**/orders/*/")
        expect(portal.get_by_text("We are waiting for your payment.")).to_be_visible()
        assert Order.objects.count() == 1

    def test_purchase_is_seen_live_until_the_key_is_there(
        self, portal: Page, live_server: LiveServer, shop: World, log_in: LogIn
    ) -> None:
        add_credit(client=shop.client, amount=Decimal(20), reason="test", actor="test", now=database_now())
        log_in(shop.client)
        portal.goto(live_server.url + PRODUCT)
        portal.get_by_label("IP address").fill("192.0.2.10")
        portal.get_by_role("button", name="Continue").click()
        portal.get_by_label("Credit balance").check()
        portal.get_by_role("button", name="Place the order").click()
        expect(portal.locator(".is-current .step-name")).to_contain_text("Buying from the vendor")
        run_due_operations()
        expect(portal.get_by_text("The key is on the page of the service.")).to_be_visible()
        expect(portal.locator("#progress[hx-get]")).to_have_count(0)


class TestServicePage:
    def test_secret_is_shown_and_hidden_again(
        self, portal: Page, live_server: LiveServer, shop: World, log_in: LogIn
    ) -> None:
        service = make_active_service(shop.client, shop.lite, ip="192.0.2.10")
        key = ServiceField.objects.get(service=service, field__key="lickey").value
        log_in(shop.client)
        portal.goto(f"{live_server.url}/services/{service.pk}/")
        assert key not in portal.content()
        portal.get_by_role("button", name=re.compile("^Show")).click()
        expect(portal.locator("#value-lickey")).to_have_text(key)
        portal.get_by_role("button", name=re.compile("^Hide")).click()
        expect(portal.locator("#value-lickey")).not_to_contain_text(key)

    def test_key_is_copied_without_being_shown(
        self, portal: Page, live_server: LiveServer, shop: World, log_in: LogIn
    ) -> None:
        service = make_active_service(shop.client, shop.lite, ip="192.0.2.10")
        key = ServiceField.objects.get(service=service, field__key="lickey").value
        log_in(shop.client)
        portal.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
        portal.goto(f"{live_server.url}/services/{service.pk}/")
        portal.locator(f"[data-copy-from$='/{service.pk}/fields/lickey/']").click()
        expect(portal.locator("#announcer")).to_have_text("Copied")
        assert portal.evaluate("navigator.clipboard.readText()") == key

    def test_stopping_shows_its_outcome_without_a_reload_by_hand(
        self, portal: Page, live_server: LiveServer, shop: World, log_in: LogIn
    ) -> None:
        service = make_active_service(shop.client, shop.lite, ip="192.0.2.10")
        log_in(shop.client)
        portal.goto(f"{live_server.url}/services/{service.pk}/")
        portal.get_by_role("link", name="Stop").click()
        portal.get_by_role("button", name="Stop ispmanager lite now").click()
        expect(portal.get_by_text("Stopping.")).to_be_visible()
        run_due_operations()
        expect(portal.get_by_text("The license is deleted.")).to_be_visible()
