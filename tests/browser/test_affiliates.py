"""The affiliate program as people see it: joining, the link, what a stranger orders by it, and the money."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from billing.actions.commissions import clear_commissions
from billing.models import Affiliate, Referral
from billing.queries.clock import business_date, database_now
from tests.affiliates import make_affiliate, make_consulting, sell_by, switch_on
from tests.browser.conftest import LogIn
from tests.browser.test_looks import judge
from tests.builders import World, make_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def make_rich(shop: World) -> Affiliate:
    """Money available, money pending, a payout requested, referrals of two kinds."""
    today = business_date(database_now())
    affiliate = make_affiliate(shop.client, code="anna-shop", visits=41)
    for name, price in (("Consulting, by the year, with everything that goes with it", "1000"), ("Setup", "20")):
        sell_by(affiliate, make_consulting(price, "200", name=name), on=today)
    switch_on(clearing_days=0)
    sell_by(affiliate, make_consulting("500", "0"), on=today)
    clear_commissions(on=today, now=database_now())
    return affiliate


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barriers(portal: Page, live_server: LiveServer, shop: World, log_in: LogIn, theme: str) -> None:
    portal.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    switch_on()
    newcomer = make_client()
    log_in(newcomer)
    assert judge(portal, live_server, ["/affiliate/"]) == []
    make_rich(shop)
    log_in(shop.client)
    assert judge(portal, live_server, ["/affiliate/", "/affiliate/statement/"]) == []


def test_from_joining_to_credit(portal: Page, live_server: LiveServer, shop: World, log_in: LogIn) -> None:
    switch_on()
    log_in(shop.client)
    portal.goto(f"{live_server.url}/services/")
    portal.get_by_role("link", name="Affiliates").click()
    portal.get_by_role("button", name="Join the program").click()
    link = portal.locator(".mono.breakable").inner_text()
    portal.get_by_role("button", name=re.compile("Copy")).click()
    expect(portal.locator("#announcer")).to_have_text("Copied")

    portal.context.clear_cookies()
    portal.goto(f"{link}")
    cookie = next(one for one in portal.context.cookies() if one["name"] == "affiliate")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    stranger = make_client()
    log_in(stranger)
    portal.goto(f"{live_server.url}/store/licenses/ispmanager-lite/")
    portal.get_by_label("IP address").fill("192.0.2.10")
    portal.get_by_role("button", name="Continue").click()
    portal.get_by_role("button", name="Place the order").click()
    portal.wait_for_url("**/orders/**")
    assert Referral.objects.get().client == stranger

    sell_by(Affiliate.objects.get(), make_consulting("1000", "200"), client=stranger)
    clear_commissions(on=business_date(database_now()).replace(year=2028), now=database_now())
    portal.context.clear_cookies()
    log_in(shop.client)
    portal.goto(f"{live_server.url}/affiliate/")
    portal.get_by_role("button", name="Turn €120.00 into credit").click()
    expect(portal.get_by_text("Your earnings are credit now")).to_be_visible()
    shop.client.refresh_from_db()
    assert shop.client.credit_balance == 120
