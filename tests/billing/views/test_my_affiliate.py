from typing import Any

import pytest
from django.test import Client as Browser

from billing.actions.affiliates import close_affiliate
from billing.actions.commissions import clear_commissions
from billing.models import Affiliate, Client, Withdrawal
from billing.queries.clock import database_now
from tests.affiliates import at, make_affiliate, make_consulting, sell_by, switch_on
from tests.billing.actions.test_commissions import CLEARS
from tests.billing.views.pages import count_queries, log_in, read, text_of
from tests.builders import make_client
from tests.kept_scenes import kept_scene

ADDRESS, STATEMENT = "/affiliate/", "/affiliate/statement/"


@pytest.fixture
@kept_scene
def affiliate(db: None) -> Affiliate:
    """Has 120.00, and 100.00 are pending."""
    switch_on()
    affiliate = make_affiliate(code="anna-shop", visits=8)
    sell_by(affiliate, make_consulting("1000", "200"))
    clear_commissions(on=CLEARS, now=at(CLEARS))
    sell_by(affiliate, make_consulting("1000", "0"))
    affiliate.refresh_from_db()
    return affiliate


@pytest.fixture
def browser(affiliate: Affiliate) -> Browser:
    return log_in(affiliate.client)


def money_of(affiliate: Affiliate) -> tuple[Any, Any]:
    affiliate.refresh_from_db()
    affiliate.client.refresh_from_db()
    return affiliate.balance, affiliate.client.credit_balance


class TestJoining:
    def test_the_menu_leads_there_only_while_the_program_is_on(self, db: None) -> None:
        browser = log_in(make_client())
        assert 'href="/affiliate/"' not in read(browser, "/invoices/")
        assert browser.get(ADDRESS).status_code == 404
        switch_on()
        assert 'href="/affiliate/"' in read(browser, "/invoices/")
        assert "90 days after" in read(browser, ADDRESS)

    def test_the_button_makes_an_affiliate_once(self, db: None) -> None:
        switch_on()
        client = make_client()
        browser = log_in(client)
        for _press in range(2):
            assert browser.post("/affiliate/join/").headers["Location"] == ADDRESS
        affiliate = Affiliate.objects.get(client=client)
        assert f"http://testserver/?aff={affiliate.code}" in read(browser, ADDRESS)

    def test_visitors_log_in_first(self, affiliate: Affiliate) -> None:
        for address in (ADDRESS, STATEMENT):
            assert Browser().get(address).headers["Location"].startswith("/account/login/")
        assert Browser().post("/affiliate/join/").status_code == 302

    def test_looking_does_not_join(self, db: None) -> None:
        switch_on()
        browser = log_in(make_client())
        assert browser.get("/affiliate/join/").status_code == 405
        assert browser.get("/affiliate/credit/").status_code == 405
        assert browser.post("/affiliate/credit/").status_code == 404
        assert browser.get(STATEMENT).status_code == 404
        assert not Affiliate.objects.exists()


class TestPage:
    def test_shows_link_figures_and_referrals(self, browser: Browser) -> None:
        words = read(browser, ADDRESS)
        assert "http://testserver/?aff=anna-shop" in words
        for figure in ("25.0 %", "€120.00", "€100.00", "Consulting", "€1,000.00"):
            assert figure in words

    def test_says_nothing_about_who_was_referred(self, affiliate: Affiliate, browser: Browser) -> None:
        referred = Client.objects.filter(referral__affiliate=affiliate)
        referred.update(first_name="Zacharias", last_name="Zwiebel", company="Zwiebel AG")
        for address in (ADDRESS, STATEMENT):
            words = read(browser, address)
            assert "Z" + "wiebel" not in words
            assert "Zacharias" not in words
            assert not [client.email for client in referred if client.email in words]

    def test_another_affiliates_referrals_are_not_there(self, affiliate: Affiliate, browser: Browser) -> None:
        sell_by(make_affiliate(), make_consulting("777", "0"))
        assert "777" not in read(browser, ADDRESS)

    def test_asks_no_more_for_more_rows(self, affiliate: Affiliate, browser: Browser) -> None:
        few = [count_queries(browser, address) for address in (ADDRESS, STATEMENT)]
        for _number in range(5):
            sell_by(affiliate, make_consulting())
        clear_commissions(on=CLEARS, now=at(CLEARS))
        for _number in range(3):
            sell_by(affiliate, make_consulting())
        assert [count_queries(browser, address) for address in (ADDRESS, STATEMENT)] == few
        assert max(few) <= 14

    def test_a_closed_affiliate_is_told_so(self, affiliate: Affiliate, browser: Browser) -> None:
        close_affiliate(affiliate=affiliate, actor="test", now=database_now())
        words = read(browser, ADDRESS)
        assert "earns nothing at the moment" in words
        assert "Request a payout" not in words

    def test_what_was_earned_is_seen_after_the_program_has_ended(self, browser: Browser) -> None:
        switch_on(is_on=False)
        assert "€120.00" in read(browser, ADDRESS)

    def test_the_statement_tells_what_moved_the_balance_and_what_will(self, browser: Browser) -> None:
        browser.post("/affiliate/credit/")
        words = read(browser, STATEMENT)
        for part in ("Withdrawal", "-€120.00", "€120.00", "clears on", "€100.00"):
            assert part in words


class TestWithdrawing:
    def test_to_credit_once(self, affiliate: Affiliate, browser: Browser) -> None:
        first = browser.post("/affiliate/credit/", follow=True)
        assert "Your earnings are credit now" in text_of(first)
        again = browser.post("/affiliate/credit/", follow=True)
        assert "There is nothing to withdraw yet" in text_of(again)
        assert money_of(affiliate) == (0, 120)

    def test_below_the_smallest_payout_nothing_is_offered_nor_done(
        self, affiliate: Affiliate, browser: Browser
    ) -> None:
        switch_on(minimum_payout=200)
        words = read(browser, ADDRESS)
        assert "once you have €200.00" in words
        assert "Request a payout" not in words
        browser.post("/affiliate/credit/")
        assert browser.post("/affiliate/payout/", {"details": "IBAN"}).status_code == 422
        assert money_of(affiliate) == (120, 0)

    def test_a_payout_is_requested(self, affiliate: Affiliate, browser: Browser) -> None:
        response = browser.post("/affiliate/payout/", {"details": "IBAN DE00"}, follow=True)
        words = text_of(response)
        assert "We have your request" in words
        assert "Payout requested" in words
        assert Withdrawal.objects.get().details == "IBAN DE00"
        assert money_of(affiliate) == (0, 0)

    @pytest.mark.parametrize("details", ["", "x" * 501])
    def test_where_to_is_asked_on_its_field(self, affiliate: Affiliate, browser: Browser, details: str) -> None:
        response = browser.post("/affiliate/payout/", {"details": details})
        assert response.status_code == 422
        assert list(response.context["form"].errors) == ["details"]
        assert money_of(affiliate) == (120, 0)
