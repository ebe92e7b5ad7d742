import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.commissions import clear_commissions
from billing.actions.withdrawals import pay_out_to_credit
from billing.models import Affiliate
from tests.affiliates import ORDERED, at, make_affiliate, make_consulting, sell_by, switch_on
from tests.billing.actions.test_commissions import CLEARS
from tests.billing.api.caller import Api
from tests.builders import make_client
from tests.kept_scenes import kept_scene


@pytest.fixture
@kept_scene
def affiliate(db: None) -> Affiliate:
    """Got 120.00 as credit, and 100.00 are pending."""
    switch_on()
    affiliate = make_affiliate()
    sell_by(affiliate, make_consulting("1000", "200"))
    clear_commissions(on=CLEARS, now=at(CLEARS))
    pay_out_to_credit(affiliate=affiliate, actor="test", now=at(CLEARS))
    sell_by(affiliate, make_consulting("1000", "0"))
    return affiliate


def test_an_affiliate_with_its_figures(affiliate: Affiliate, support: Api) -> None:
    (row,) = support.get("affiliates/", client=affiliate.client_id, status="ACTIVE")["results"]
    shown = {name: row[name] for name in ("code", "sign_ups", "currency", "pending", "balance", "withdrawn")}
    assert shown == {
        "code": affiliate.code,
        "sign_ups": 2,
        "currency": "EUR",
        "pending": "100.00",
        "balance": "0.00",
        "withdrawn": "120.00",
    }
    assert support.get(f"affiliates/{affiliate.pk}/")["code"] == affiliate.code
    assert support.get("affiliates/", code="nobody")["results"] == []


def test_commissions_tell_how_they_came_about(affiliate: Affiliate, support: Api) -> None:
    (row,) = support.get("commissions/", affiliate=affiliate.pk, state="PENDING")["results"]
    assert (row["base"], row["pay"], row["pay_amount"], row["amount"]) == ("1000.00", "PERCENT", "10.0000", "100.00")
    assert row["clears_on"] == CLEARS.isoformat()
    by_invoice = support.get("commissions/", invoice=row["invoice"], service=row["service"])["results"]
    assert [one["id"] for one in by_invoice] == [row["id"]]
    assert support.get("commissions/", clears_before=ORDERED.isoformat())["results"] == []
    assert support.get(f"commissions/{row['id']}/")["id"] == row["id"]


def test_they_are_read_only_and_not_for_clients(affiliate: Affiliate, admin: Api) -> None:
    for path in ("affiliates/", "commissions/"):
        admin.post(path, {}, expect=405)
        Api.of_client(affiliate.client).get(path, expect=403)
        Api().get(path, expect=401)


def test_lists_ask_no_more_for_more_rows(affiliate: Affiliate, admin: Api) -> None:
    def questions(path: str) -> int:
        admin.get(path)
        with CaptureQueriesContext(connection) as asked:
            admin.get(path)
        return len(asked)

    few = [questions("affiliates/"), questions("commissions/")]
    for _number in range(3):
        sell_by(make_affiliate(make_client()), make_consulting())
    assert [questions("affiliates/"), questions("commissions/")] == few
