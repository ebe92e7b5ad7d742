from datetime import date, timedelta

import pytest

from noc.sandbox.dates import add_months, period_end
from tests.noc.sandbox.caller import Partner


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-03-31", 6, "2026-09-30"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-11-30", 24, "2028-11-30"),
    ],
)
def test_months_clamp_at_the_end_of_the_month(start: str, months: int, end: str) -> None:
    assert add_months(date.fromisoformat(start), months) == date.fromisoformat(end)


def test_trial_is_counted_in_days() -> None:
    assert period_end(date(2026, 2, 20), -100, trial_days=14) == date(2026, 3, 6)


def expires(partner: Partner, elid: str) -> date:
    return date.fromisoformat(partner.form("soft.edit", elid)["expiredate"])


def test_renewal_extends_and_charges_at_once(partner: Partner) -> None:
    elid = partner.buy()
    before = expires(partner, elid)

    answer = partner.doc("service.prolong", elid=elid, period="1", sok="ok")

    assert answer["doc"]["newexpiredate"]["$"] == expires(partner, elid).isoformat()
    assert expires(partner, elid) == add_months(before, 1)
    assert partner.balance() == "9992.00"
    assert partner.state()["acts"]["prolong"] == 1


def test_renewal_without_sok_is_a_form(partner: Partner) -> None:
    elid = partner.buy()
    before = expires(partner, elid)

    form = partner.form("service.prolong", elid, period="12")

    assert form["newexpiredate"] == add_months(before, 12).isoformat()
    assert (form["status"], form["period"]) == ("2", "12")
    assert expires(partner, elid) == before


@pytest.mark.parametrize(
    ("nesting", "nested", "flat"), [("nested", True, False), ("flat", False, True), ("both", True, True)]
)
def test_new_end_date_stands_where_switched(partner: Partner, nesting: str, nested: bool, flat: bool) -> None:
    partner.admin("options", prolong_nesting=nesting)

    answer = partner.doc("service.prolong", elid=partner.buy(), period="1", sok="ok")

    assert ("newexpiredate" in answer.get("doc", {}), "newexpiredate" in answer) == (nested, flat)


@pytest.mark.parametrize("period", ["3", "-100", "", "x"])
def test_period_that_is_not_sold_is_refused(partner: Partner, period: str) -> None:
    elid = partner.buy()

    assert partner.error("service.prolong", elid=elid, period=period, sok="ok") == ("value", "period")


def test_trial_cannot_be_renewed(partner: Partner) -> None:
    elid = partner.buy(pricelist="55239", period="-100")

    assert partner.error("service.prolong", elid=elid, period="1", sok="ok") == ("value", "period")


def test_suspended_license_counts_from_the_day_of_renewal(partner: Partner) -> None:
    elid = partner.buy()
    partner.admin("clock", advance_days=40)
    assert partner.form("soft.edit", elid)["status"] == "3"

    partner.ask("service.prolong", elid=elid, period="1", sok="ok")

    today = date.fromisoformat(partner.state()["clock"]["today"])
    assert expires(partner, elid) == add_months(today, 1)
    assert partner.form("soft.edit", elid)["status"] == "2"


@pytest.mark.parametrize("status", [1, 4])
def test_unpaid_and_deleted_services_are_not_renewed(partner: Partner, status: int) -> None:
    elid = str(partner.admin("items", pricelist=55227, status=status)["ids"][0])

    assert partner.error("service.prolong", elid=elid, period="1", sok="ok") == ("prolong_denied", "service")


def test_renewal_too_early_names_the_day(partner: Partner) -> None:
    elid = partner.buy()
    partner.fault("prolong_refused", variant="too_early")

    error = partner.doc("service.prolong", elid=elid, period="1", sok="ok")["error"]

    day = expires(partner, elid).isoformat()
    assert {"$name": "value", "$": day} in error["param"]
    assert error["msg"]["$"] == f"The service can be renewed only after {day}"
    assert partner.balance() == "9996.00"


def test_renewal_without_money_is_refused_or_left_in_the_basket(partner: Partner) -> None:
    elid = partner.buy()
    before = expires(partner, elid)
    partner.admin("balance", login="reseller", balance="3.99")
    assert partner.error("service.prolong", elid=elid, period="1", sok="ok") == ("money", "balance")

    partner.admin("options", no_money="basket")
    document = partner.doc("service.prolong", elid=elid, period="1", sok="ok")

    assert document["ok"]["$"] == f"func=payment.add&billorder={document['billorder']['$']}"
    assert (expires(partner, elid), partner.balance()) == (before, "3.99")


def test_basket_button_makes_a_renewal_wait(partner: Partner) -> None:
    elid = partner.buy()
    before = expires(partner, elid)

    document = partner.doc("service.prolong", elid=elid, period="1", sok="ok", clicked_button="basket")

    assert "billorder" in document
    assert (expires(partner, elid), partner.balance()) == (before, "9996.00")


def test_renewal_can_get_stuck_charged_but_not_extended(partner: Partner) -> None:
    elid = partner.buy()
    before = expires(partner, elid)
    partner.fault("stuck_processing", func="service.prolong")
    partner.ask("service.prolong", elid=elid, period="1", sok="ok")
    assert (partner.form("soft.edit", elid)["status"], expires(partner, elid)) == ("5", before)
    assert partner.balance() == "9992.00"

    partner.admin("release")

    assert expires(partner, elid) == add_months(before, 1)


def test_groupedit_renews_each(partner: Partner) -> None:
    first, second = partner.buy(), partner.buy(ip="192.0.2.2")

    partner.ask("groupedit", faction="service.prolong", elid=f"{first}, {second}", period="1", sok="ok")

    assert partner.state()["acts"]["prolong"] == 2


def test_license_without_renewal_is_suspended_then_deleted(partner: Partner) -> None:
    elid = partner.buy()
    left = (expires(partner, elid) - date.fromisoformat(partner.state()["clock"]["today"])).days
    partner.admin("clock", advance_days=left - 1)
    assert partner.form("soft.edit", elid)["status"] == "2"

    partner.admin("clock", advance_days=1)
    assert (partner.form("soft.edit", elid)["status"], partner.item(elid)["sub_status"]) == ("3", "3_autosuspend")
    partner.admin("clock", advance_days=29)
    assert partner.form("soft.edit", elid)["status"] == "3"
    partner.admin("clock", advance_days=1)

    assert partner.form("soft.edit", elid)["status"] == "4"


def test_one_long_leap_does_the_same_duties(partner: Partner) -> None:
    elid = partner.buy()

    partner.admin("clock", advance_days=100)

    assert partner.form("soft.edit", elid)["status"] == "4"


def test_automatic_renewal_charges_on_the_end_date(partner: Partner) -> None:
    elid = partner.buy(autoprolong="1")
    first_end = expires(partner, elid)
    left = (first_end - date.fromisoformat(partner.state()["clock"]["today"])).days

    partner.admin("clock", advance_days=left)

    assert (expires(partner, elid), partner.balance()) == (add_months(first_end, 1), "9992.00")
    assert partner.state()["charges"][-1]["act"] == "auto_prolong"


def test_automatic_renewal_without_money_suspends(partner: Partner) -> None:
    elid = partner.buy(autoprolong="1")
    partner.admin("balance", login="reseller", balance="1")

    partner.admin("clock", advance_days=31)

    assert partner.form("soft.edit", elid)["status"] == "3"


def test_clock_moves_dates_of_new_orders(partner: Partner) -> None:
    partner.admin("clock", advance_days=10)

    elid = partner.buy()

    created = date.fromisoformat(partner.form("soft.edit", elid)["createdate"])
    assert created == date.fromisoformat(partner.state()["clock"]["today"])
    assert expires(partner, elid) - created in {timedelta(days=days) for days in (28, 29, 30, 31)}
