"""The operators' side of the affiliate program."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing.actions.commissions import clear_commissions
from billing.actions.withdrawals import request_withdrawal
from billing.models import Affiliate, AffiliateSettings, Commission, Referral, Withdrawal
from billing.queries.affiliates import has_affiliate_program
from tests.affiliates import at, make_affiliate, make_consulting, sell_by, switch_on
from tests.billing.actions.test_commissions import CLEARS
from tests.billing.admin.pages import (
    add_page,
    ask,
    buttons_on,
    dialog_of,
    list_of,
    page_of,
    press,
    rows_of,
    succeeded,
    text_of,
)
from tests.builders import make_client
from tests.kept_scenes import kept_scene

LISTS: list[type[models.Model]] = [Affiliate, Referral, Commission, Withdrawal]


def make_rich() -> Affiliate:
    """Has 120.00, and 100.00 are pending."""
    affiliate = make_affiliate()
    sell_by(affiliate, make_consulting("1000", "200"))
    clear_commissions(on=CLEARS, now=at(CLEARS))
    sell_by(affiliate, make_consulting("1000", "0"))
    affiliate.refresh_from_db()
    return affiliate


@pytest.fixture
@kept_scene
def affiliate(db: None) -> Affiliate:
    switch_on()
    return make_rich()


@pytest.fixture
def requested(affiliate: Affiliate) -> Withdrawal:
    return request_withdrawal(affiliate=affiliate, details="IBAN DE00", actor="anna", now=at(CLEARS))


def money_of(affiliate: Affiliate) -> tuple[Any, Any]:
    affiliate.refresh_from_db()
    affiliate.client.refresh_from_db()
    return affiliate.balance, affiliate.client.credit_balance


class TestLists:
    def test_affiliates_with_their_figures(self, affiliate: Affiliate, support: Browser) -> None:
        poor = make_affiliate()
        page = support.get(list_of(Affiliate))
        assert rows_of(page) == [poor, affiliate]
        for figure in ("€120.00", "€100.00", affiliate.code):
            assert figure in text_of(page)
        assert rows_of(support.get(list_of(Affiliate, "?show=owed"))) == [affiliate]
        assert rows_of(support.get(list_of(Affiliate, "?show=closed"))) == []
        assert rows_of(support.get(list_of(Affiliate, f"?q={affiliate.client.email}"))) == [affiliate]

    def test_commissions_and_referrals_of_one_affiliate(self, affiliate: Affiliate, support: Browser) -> None:
        sell_by(make_affiliate(), make_consulting())
        mine = f"?affiliate__id__exact={affiliate.pk}"
        assert len(rows_of(support.get(list_of(Commission, mine)))) == 2
        assert len(rows_of(support.get(list_of(Referral, mine)))) == 2
        assert "10 % of €1,200.00" in text_of(support.get(list_of(Commission, mine)))
        assert len(rows_of(support.get(list_of(Commission, f"{mine}&show=pending")))) == 1

    def test_what_waits_for_a_rate_is_found(self, affiliate: Affiliate, support: Browser) -> None:
        sell_by(make_affiliate(make_client(currency="RUB")), make_consulting())
        page = support.get(list_of(Commission, "?show=unpriced"))
        assert len(rows_of(page)) == 1
        assert "no exchange rate" in text_of(page)

    def test_payouts_that_wait_come_first_and_are_counted_in_the_menu(
        self, requested: Withdrawal, support: Browser
    ) -> None:
        assert rows_of(support.get(list_of(Withdrawal))) == [requested]
        assert rows_of(support.get(list_of(Withdrawal, "?show=paid"))) == []
        sidebar = support.get(list_of(Withdrawal)).context["sidebar_navigation"]
        places = [item for group in sidebar for item in group["items"] if item["link"] == list_of(Withdrawal)]
        assert [item["badge"] for item in places] == ["1"]

    def test_they_ask_no_more_for_more_rows(self, requested: Withdrawal, boss: Browser) -> None:
        def questions() -> list[int]:
            counts = []
            for model in LISTS:
                with CaptureQueriesContext(connection) as asked:
                    query = "" if model is Referral else "?show=all"
                    assert boss.get(list_of(model, query)).status_code == 200
                counts.append(len(asked))
            return counts

        few = questions()
        for _number in range(3):
            request_withdrawal(affiliate=make_rich(), details="IBAN", actor="anna", now=at(CLEARS))
        assert questions() == few
        assert max(few) <= 10


class TestPages:
    def test_an_affiliates_page_tells_everything(self, requested: Withdrawal, support: Browser) -> None:
        affiliate = requested.affiliate
        words = text_of(support.get(page_of(affiliate)))
        for part in (f"/?aff={affiliate.code}", "10 % of €1,200.00", "Payout requested", "Affiliate joined", "Pending"):
            assert part in words

    def test_it_asks_no_more_for_more_of_everything(self, affiliate: Affiliate, support: Browser) -> None:
        def questions() -> int:
            with CaptureQueriesContext(connection) as asked:
                assert support.get(page_of(affiliate)).status_code == 200
            return len(asked)

        few = questions()
        for _number in range(4):
            sell_by(affiliate, make_consulting())
        clear_commissions(on=CLEARS, now=at(CLEARS))
        sell_by(affiliate, make_consulting())
        assert questions() == few

    @pytest.mark.parametrize("model", [*LISTS, AffiliateSettings])
    def test_every_page_opens(self, requested: Withdrawal, boss: Browser, model: type[models.Model]) -> None:
        for subject in model._default_manager.all():
            assert boss.get(page_of(subject)).status_code == 200


class TestAffiliate:
    def test_a_client_is_made_one(self, db: None, sales: Browser) -> None:
        switch_on()
        client = make_client()
        response = sales.post(add_page(Affiliate), {"client": client.email.upper()})
        affiliate = Affiliate.objects.get(client=client)
        assert response.headers["Location"] == page_of(affiliate)
        wrong = sales.post(add_page(Affiliate), {"client": "nobody@example.com"})
        assert "No client has this e-mail" in text_of(wrong)

    def test_not_while_the_program_is_off(self, db: None, sales: Browser) -> None:
        client = make_client()
        assert "no affiliate program" in text_of(sales.post(add_page(Affiliate), {"client": client.email}))
        assert not Affiliate.objects.exists()

    def test_terms_are_changed(self, affiliate: Affiliate, sales: Browser) -> None:
        sent = {"code": "anna", "whmcs_id": "5", "pay": "PERCENT", "pay_amount": "12.5", "is_once": "on"}
        address = dialog_of(affiliate, "change")
        assert sales.post(address, sent).headers["Location"] == page_of(affiliate)
        affiliate.refresh_from_db()
        assert (affiliate.code, affiliate.whmcs_id, affiliate.pay_amount, affiliate.is_once) == ("anna", 5, 12.5, True)
        refused = sales.post(address, {**sent, "pay_amount": "101"})
        assert list(refused.context["form"].errors) == ["pay_amount"]

    def test_is_closed_and_opened_again(self, affiliate: Affiliate, sales: Browser) -> None:
        assert "does nothing" in ask(sales, affiliate, "close")
        assert succeeded(press(sales, affiliate, "close"))
        affiliate.refresh_from_db()
        assert not affiliate.is_active
        assert "reopen" in buttons_on(sales, affiliate)
        assert succeeded(press(sales, affiliate, "reopen"))

    def test_is_paid_out_to_credit(self, affiliate: Affiliate, sales: Browser) -> None:
        assert "€120.00 becomes credit" in ask(sales, affiliate, "credit")
        assert succeeded(press(sales, affiliate, "credit"))
        assert not succeeded(press(sales, affiliate, "credit"))
        assert money_of(affiliate) == (0, 120)
        assert "credit" not in buttons_on(sales, affiliate)

    def test_a_payout_is_recorded_once(self, affiliate: Affiliate, sales: Browser) -> None:
        for _press in range(2):
            assert succeeded(press(sales, affiliate, "payout", amount="50", reference="bank-1"))
        assert money_of(affiliate) == (70, 0)
        refused = press(sales, affiliate, "payout", amount="70.01", reference="bank-2")
        assert "not so much to pay out" in text_of(refused)
        assert money_of(affiliate) == (70, 0)


class TestWithdrawal:
    def test_is_paid(self, requested: Withdrawal, sales: Browser) -> None:
        assert succeeded(press(sales, requested, "pay", reference="bank-1"))
        requested.refresh_from_db()
        assert (requested.status, requested.settled_by) == ("PAID", "sales_operator@example.com")
        assert not succeeded(press(sales, requested, "pay", reference="bank-2"))
        assert buttons_on(sales, requested) == []

    def test_is_refused_with_a_reason(self, requested: Withdrawal, sales: Browser) -> None:
        assert not succeeded(press(sales, requested, "refuse", reason=""))
        assert succeeded(press(sales, requested, "refuse", reason="No such account"))
        assert money_of(requested.affiliate) == (120, 0)


class TestReferral:
    def test_is_moved(self, affiliate: Affiliate, sales: Browser) -> None:
        other = make_affiliate(code="boris")
        referral = affiliate.referrals.latest("id")
        assert succeeded(press(sales, referral, "move", affiliate=" Boris "))
        referral.refresh_from_db()
        assert referral.affiliate == other
        assert "already" in text_of(press(sales, referral, "move", affiliate="boris"))
        assert "No affiliate has this code" in text_of(press(sales, referral, "move", affiliate="nobody"))
        assert "Referral moved" in text_of(sales.get(page_of(referral)))


class TestSettings:
    ADDRESS = "/admin/billing/affiliatesettings/"
    VALUES = {"is_on": "on", "default_percent": "12", "joining_bonus": "5", "minimum_payout": "50"}
    DAYS = {"clearing_days": "14", "cookie_days": "60"}

    def test_are_one_page(self, db: None, sales: Browser) -> None:
        assert not has_affiliate_program()
        adding = sales.get(self.ADDRESS).headers["Location"]
        assert adding.endswith("/add/")
        assert sales.post(adding, {**self.VALUES, **self.DAYS}).status_code == 302
        assert has_affiliate_program()
        stored = AffiliateSettings.objects.get()
        assert (stored.pk, stored.is_on, stored.default_percent, stored.cookie_days) == (1, True, 12, 60)
        changing = sales.get(self.ADDRESS).headers["Location"]
        assert sales.post(changing, {**self.VALUES, **self.DAYS, "cookie_days": "61"}).status_code == 302
        assert AffiliateSettings.objects.get().cookie_days == 61
        assert sales.get(adding).status_code == 403

    @pytest.mark.parametrize(
        ("name", "value"),
        [("default_percent", "101"), ("default_percent", "-1"), ("joining_bonus", "-1"), ("cookie_days", "0")],
    )
    def test_bad_values_are_refused_on_their_field(self, db: None, sales: Browser, name: str, value: str) -> None:
        response = sales.post(f"{self.ADDRESS}add/", {**self.VALUES, **self.DAYS, name: value})
        assert list(response.context["adminform"].form.errors) == [name]
        assert not AffiliateSettings.objects.exists()


class TestAccess:
    def test_support_looks_and_touches_nothing(self, requested: Withdrawal, support: Browser) -> None:
        affiliate = requested.affiliate
        referral = affiliate.referrals.latest("id")
        for subject in (affiliate, requested, referral):
            assert support.get(page_of(subject)).status_code == 200
            assert buttons_on(support, subject) == []
        assert press(support, affiliate, "close").status_code == 403
        assert press(support, requested, "pay", reference="forged").status_code == 403
        assert press(support, referral, "move", affiliate="x").status_code == 403
        assert support.get(add_page(Affiliate)).status_code == 403
        sent = {**TestSettings.VALUES, **TestSettings.DAYS}
        assert support.post(page_of(AffiliateSettings.objects.get()), sent).status_code == 403

    def test_staff_without_a_role_see_nothing(self, affiliate: Affiliate, staff_as: Callable[[str], Browser]) -> None:
        browser = staff_as("")
        assert {browser.get(list_of(model)).status_code for model in LISTS} == {403}

    def test_nobody_changes_them_by_the_usual_forms(self, affiliate: Affiliate, boss: Browser) -> None:
        commission = affiliate.commissions.latest("id")
        assert boss.post(page_of(commission), {"amount": "9999"}).status_code == 403
        assert boss.post(f"/admin/billing/affiliate/{affiliate.pk}/delete/", {"post": "yes"}).status_code == 403
