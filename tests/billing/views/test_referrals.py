"""Links of affiliates: whom they count, what they leave behind, and the order at their end."""

from typing import Any

import pytest
from django.test import Client as Browser

from billing.actions.affiliates import close_affiliate
from billing.models import Affiliate, Client, Order, Referral
from billing.queries.clock import database_now
from tests.affiliates import make_affiliate, switch_on
from tests.billing.views.pages import PASSWORD, checkout_key, choose, log_in
from tests.builders import World, make_client

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PRODUCT = "/store/licenses/ispmanager-lite/"


@pytest.fixture
def affiliate(world: World) -> Affiliate:
    switch_on()
    return make_affiliate(world.client, code="anna-shop")


@pytest.fixture
def visitor() -> Browser:
    return Browser(headers={"User-Agent": FIREFOX})


def visits_of(affiliate: Affiliate) -> int:
    affiliate.refresh_from_db()
    return affiliate.visits


def cookie_of(browser: Browser) -> str:
    return browser.cookies["affiliate"].value if "affiliate" in browser.cookies else ""


class TestFollowing:
    @pytest.mark.parametrize(
        "address", ["/?aff=anna-shop", f"{PRODUCT}?aff=ANNA-SHOP", "/store/licenses/?aff=anna-shop"]
    )
    def test_any_page_of_the_store_takes_the_code(self, affiliate: Affiliate, visitor: Browser, address: str) -> None:
        assert visitor.get(address).status_code == 200
        assert (cookie_of(visitor), visits_of(affiliate)) == ("anna-shop", 1)

    def test_the_cookie_lasts_as_long_as_the_settings_say(self, affiliate: Affiliate, visitor: Browser) -> None:
        visitor.get("/?aff=anna-shop")
        cookie = visitor.cookies["affiliate"]
        assert cookie["max-age"] == 90 * 86400
        assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", "")
        switch_on(cookie_days=7)
        visitor.get("/?aff=anna-shop", secure=True)
        cookie = visitor.cookies["affiliate"]
        assert (cookie["max-age"], cookie["secure"]) == (7 * 86400, True)

    def test_one_visit_is_one_visitor(self, affiliate: Affiliate, visitor: Browser) -> None:
        for address in ("/?aff=anna-shop", f"{PRODUCT}?aff=anna-shop", "/aff.php?aff=anna-shop"):
            visitor.get(address)
        assert visits_of(affiliate) == 1

    def test_the_last_link_wins(self, affiliate: Affiliate, visitor: Browser) -> None:
        make_affiliate(code="boris")
        for code in ("boris", "anna-shop", "boris"):
            visitor.get(f"/?aff={code}")
        assert cookie_of(visitor) == "boris"
        assert visits_of(affiliate) == 1

    @pytest.mark.parametrize(
        "agent",
        [
            "",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "curl/8.5",
            "TelegramBot (like Xbot)",
        ],
    )
    def test_robots_do_not_count(self, affiliate: Affiliate, agent: str) -> None:
        robot = Browser(headers={"User-Agent": agent} if agent else None)
        assert robot.get("/?aff=anna-shop").status_code == 200
        assert (cookie_of(robot), visits_of(affiliate)) == ("", 0)
        assert "sessionid" not in robot.cookies

    def test_nor_does_a_browser_that_reads_ahead(self, affiliate: Affiliate, visitor: Browser) -> None:
        visitor.get("/?aff=anna-shop", headers={"Sec-Purpose": "prefetch;prerender"})
        assert visits_of(affiliate) == 0

    def test_nor_the_affiliate(self, affiliate: Affiliate) -> None:
        browser = log_in(affiliate.client)
        browser.get("/?aff=anna-shop", headers={"User-Agent": FIREFOX})
        assert (cookie_of(browser), visits_of(affiliate)) == ("", 0)

    @pytest.mark.parametrize("code", ["nobody", "", "x", "a b", "<b>", "a" * 31, "1"])
    def test_what_is_nobodys_changes_nothing(self, affiliate: Affiliate, visitor: Browser, code: str) -> None:
        assert visitor.get("/", {"aff": code}).status_code == 200
        assert cookie_of(visitor) == ""

    def test_a_closed_affiliate_or_program_counts_nobody(self, affiliate: Affiliate, visitor: Browser) -> None:
        switch_on(is_on=False)
        visitor.get("/?aff=anna-shop")
        switch_on()
        close_affiliate(affiliate=affiliate, actor="test", now=database_now())
        visitor.get("/?aff=anna-shop")
        assert (cookie_of(visitor), visits_of(affiliate)) == ("", 0)


class TestLinksOfWhmcs:
    @pytest.mark.parametrize("name", ["id", "whmcs_id", "code"])
    def test_by_number_or_code(self, affiliate: Affiliate, visitor: Browser, name: str) -> None:
        Affiliate.objects.filter(pk=affiliate.pk).update(whmcs_id=4711)
        affiliate.refresh_from_db()
        response = visitor.get("/aff.php", {"aff": getattr(affiliate, name)})
        assert (response.status_code, response.headers["Location"]) == (302, "/")
        assert (cookie_of(visitor), visits_of(affiliate)) == ("anna-shop", 1)

    def test_whmcss_number_goes_before_ours(self, affiliate: Affiliate, visitor: Browser) -> None:
        other = make_affiliate(code="boris", whmcs_id=affiliate.pk)
        visitor.get(f"/aff.php?aff={affiliate.pk}")
        assert (visits_of(other), visits_of(affiliate)) == (1, 0)

    def test_leads_to_the_product_that_it_names(self, world: World, affiliate: Affiliate, visitor: Browser) -> None:
        response = visitor.get(f"/aff.php?aff={affiliate.pk}&pid={world.lite.pk}")
        assert response.headers["Location"] == PRODUCT
        assert cookie_of(visitor) == "anna-shop"

    @pytest.mark.parametrize("number", ["0", "9" * 30, "²", "-1", ""])
    def test_an_unknown_number_leads_to_the_store(self, affiliate: Affiliate, visitor: Browser, number: str) -> None:
        assert visitor.get("/aff.php", {"aff": number}).headers["Location"] == "/"
        assert cookie_of(visitor) == ""


class TestOrdering:
    def buy(self, browser: Browser, **registration: str) -> Any:
        choose(browser, ip="192.0.2.10")
        key = checkout_key(browser)
        return browser.post("/checkout/", {"payment_method": "bank_transfer", "checkout_key": key, **registration})

    def test_a_visitor_who_registers_on_the_way_is_referred(self, affiliate: Affiliate, visitor: Browser) -> None:
        visitor.get("/?aff=anna-shop")
        response = self.buy(
            visitor,
            email="new@example.com",
            password=PASSWORD,
            password_again=PASSWORD,
            first_name="Nina",
            last_name="New",
            country="DE",
            currency="EUR",
            language="en",
            address1="Street 1",
            city="Berlin",
            postcode="10115",
        )
        assert response.status_code == 302, response.content.decode()
        referral = Referral.objects.get()
        assert (referral.affiliate, referral.client) == (affiliate, Client.objects.get(email="new@example.com"))
        assert referral.services.get().service.order_line.order == Order.objects.get()

    def test_a_client_who_logs_in_on_the_way_is_referred(self, affiliate: Affiliate, visitor: Browser) -> None:
        client = make_client()
        visitor.get("/?aff=anna-shop")
        visitor.force_login(client.users.get())
        assert self.buy(visitor).status_code == 302
        assert Referral.objects.get().client == client

    def test_nobody_is_referred_without_a_link(self, affiliate: Affiliate, visitor: Browser) -> None:
        visitor.force_login(make_client().users.get())
        assert self.buy(visitor).status_code == 302
        assert not Referral.objects.exists()

    def test_a_forged_cookie_does_no_harm(self, affiliate: Affiliate, visitor: Browser) -> None:
        visitor.force_login(make_client().users.get())
        visitor.cookies["affiliate"] = "x" * 200
        assert self.buy(visitor).status_code == 302
        assert Order.objects.exists()
        assert not Referral.objects.exists()

    def test_the_affiliates_own_order_is_not_referred(self, affiliate: Affiliate, visitor: Browser) -> None:
        visitor.get("/?aff=anna-shop")
        visitor.force_login(affiliate.client.users.get())
        assert self.buy(visitor).status_code == 302
        assert Order.objects.exists()
        assert not Referral.objects.exists()
