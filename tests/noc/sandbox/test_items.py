import pytest

from tests.noc.sandbox.caller import Partner


def test_edit_writes_name_address_and_remoteid(partner: Partner) -> None:
    elid = partner.buy()

    partner.ask("soft.edit", elid=elid, sok="ok", licname="new", ip="192.0.2.5", remoteid="l9")

    form = partner.form("soft.edit", elid)
    assert (form["licname"], form["ip"], form["remoteid"]) == ("new", "192.0.2.5", "l9")


def test_edit_without_sok_writes_nothing(partner: Partner) -> None:
    elid = partner.buy()

    partner.ask("soft.edit", elid=elid, licname="new", ip="192.0.2.5")

    assert partner.form("soft.edit", elid)["licname"] == "shop"


def test_fields_not_sent_are_kept_or_emptied(partner: Partner) -> None:
    elid = partner.buy()
    partner.ask("soft.edit", elid=elid, sok="ok", ip="192.0.2.5")
    assert partner.form("soft.edit", elid)["licname"] == "shop"
    partner.admin("options", edit_keeps_omitted=False)

    assert partner.error("soft.edit", elid=elid, sok="ok", licname="x") == ("value", "ip")
    partner.ask("soft.edit", elid=elid, sok="ok", ip="192.0.2.5")

    assert partner.form("soft.edit", elid)["licname"] == ""


def test_address_of_another_license_is_refused(partner: Partner) -> None:
    partner.buy()
    other = partner.buy(ip="192.0.2.2")

    assert partner.error("soft.edit", elid=other, sok="ok", licname="x", ip="192.0.2.1") == ("exists", "ip")
    assert partner.form("soft.edit", other)["licname"] == "shop"


def test_address_that_a_license_left_is_free_again(partner: Partner) -> None:
    first = partner.buy()
    partner.ask("soft.edit", elid=first, sok="ok", licname="free.lic", ip="0.0.0.0")
    second = partner.buy()
    partner.ask("soft.edit", elid=second, sok="ok", licname="free.lic", ip="0.0.0.0")

    assert partner.form("soft.edit", second)["ip"] == "0.0.0.0"


def test_second_change_of_address_within_a_month_can_be_refused(partner: Partner) -> None:
    partner.fault("ip_change_refused")
    elid = partner.buy()
    assert "ok" in partner.doc("soft.edit", elid=elid, sok="ok", ip="192.0.2.2")
    assert partner.error("soft.edit", elid=elid, sok="ok", ip="192.0.2.3") == ("value", "ip")

    partner.admin("clock", advance_days=30)

    assert "ok" in partner.doc("soft.edit", elid=elid, sok="ok", ip="192.0.2.3")


def test_new_key_replaces_the_old_one(partner: Partner) -> None:
    elid = partner.buy()
    old = partner.form("soft.edit", elid)["lickey"]

    answer = partner.doc("soft.edit", elid=elid, sok="ok", clicked_button="newkey")

    new = partner.form("soft.edit", elid)["lickey"]
    assert answer["lickey"]["$"] == new
    assert new != old
    assert partner.form("soft.edit", elid)["licname"] == "shop"


def test_deleted_row_remains_with_status_4(partner: Partner) -> None:
    elid = partner.buy()

    assert "ok" in partner.doc("soft.delete", elid=elid)

    assert partner.rows("soft")[0]["item_status"]["$orig"] == "4"
    assert partner.form("soft.edit", elid)["status"] == "4"
    assert partner.error("soft.delete", elid=elid) == ("missed", "item")
    assert partner.error("soft.edit", elid=elid, sok="ok", ip="192.0.2.2") == ("missed", "item")


def test_deleted_rows_can_vanish(partner: Partner) -> None:
    partner.admin("options", keep_deleted_rows=False)
    elid = partner.buy()

    partner.ask("soft.delete", elid=elid, sok="ok")

    assert partner.rows("soft") == []
    assert partner.error("soft.edit", elid=elid) == ("missed", "item")


def test_several_ids_are_deleted_together_or_not_at_all(partner: Partner) -> None:
    first, second = partner.buy(), partner.buy(ip="192.0.2.2")
    assert partner.error("soft.delete", elid=f"{first}, 1") == ("missed", "item")
    assert partner.form("soft.edit", first)["status"] == "2"

    partner.ask("soft.delete", elid=f"{first}, {second}")

    assert {row["item_status"]["$orig"] for row in partner.rows("soft")} == {"4"}


def test_deletion_can_be_refused(partner: Partner) -> None:
    elid = partner.buy()
    partner.fault("delete_refused", count=1)

    assert partner.error("soft.delete", elid=elid) == ("pricelist_min_order", "elid")
    assert partner.form("soft.edit", elid)["status"] == "2"
    assert "ok" in partner.doc("soft.delete", elid=elid)


def test_suspension_and_resumption_need_no_sok(partner: Partner) -> None:
    elid = partner.buy()

    partner.ask("soft.suspend", elid=elid)
    row = partner.rows("soft")[0]
    assert (row["item_status"]["$orig"], row["special_status"]["$"]) == ("3", "2")
    partner.ask("soft.resume", elid=elid)

    assert partner.form("soft.edit", elid)["status"] == "2"


def test_resumption_after_the_end_needs_a_renewal_first(partner: Partner) -> None:
    elid = partner.buy()
    partner.admin("clock", advance_days=31)

    assert partner.error("soft.resume", elid=elid) == ("value", "expiredate")


def test_reason_of_a_status_can_be_part_of_it(partner: Partner) -> None:
    partner.buy()
    partner.admin("options", sub_statuses=True)
    partner.ask("soft.suspend", elid="700001")

    assert partner.rows("soft")[0]["item_status"]["$orig"] == "3_employeesuspend"


@pytest.mark.parametrize("func", ["soft.edit", "soft.delete", "soft.suspend", "service.prolong", "service.history"])
def test_item_of_another_account_is_not_there(partner: Partner, func: str) -> None:
    elid = partner.buy()
    partner.login = "reseller-ru:sandbox-password"

    assert partner.error(func, elid=elid) == ("missed", "item")


@pytest.mark.parametrize("elid", ["", "abc", "1", "-1", "²", "9" * 5000])
def test_nonsense_ids_are_missed(partner: Partner, elid: str) -> None:
    assert partner.error("soft.edit", elid=elid) == ("missed", "item")


def test_kind_of_an_item_counts(partner: Partner) -> None:
    assert partner.error("addition.edit", elid=partner.buy()) == ("missed", "item")


def test_remoteid_shows_in_forms_and_not_in_lists_unless_switched(partner: Partner) -> None:
    elid = partner.buy(remoteid="l5")
    assert "remoteid" not in partner.rows("soft")[0]

    partner.admin("options", remoteid_in_lists=True, remoteid_in_forms=False)

    assert partner.rows("soft")[0]["remoteid"]["$"] == "l5"
    assert "remoteid" not in partner.form("soft.edit", elid)


def test_history_tells_what_happened(partner: Partner) -> None:
    elid = partner.buy()
    partner.ask("soft.suspend", elid=elid)

    assert [row["type"]["$"] for row in partner.rows("service.history", elid=elid)] == ["suspend", "order"]


def test_list_comes_in_pages(partner: Partner) -> None:
    partner.admin("items", pricelist=55227, count=120)

    sizes = [len(partner.rows("soft", p_num=page)) for page in ("1", "2", "3", "4")]
    whole = partner.doc("soft", p_cnt="1000")

    assert sizes == [50, 50, 20, 0]
    assert (whole["p_elems"]["$"], whole["p_cnt"]["$"], len(whole["elem"])) == ("120", "1000", 120)
    assert [row["id"]["$"] for row in whole["elem"]][:2] == ["700001", "700002"]


def test_partner_can_limit_the_page(partner: Partner) -> None:
    partner.admin("items", pricelist=55227, count=20)
    partner.admin("options", page_limit=7)

    document = partner.doc("soft", p_cnt="1000")

    assert (document["p_cnt"]["$"], len(document["elem"])) == ("7", 7)


def test_list_sorts_by_a_column(partner: Partner) -> None:
    for name, ip in (("b", "192.0.2.1"), ("a", "192.0.2.2"), ("c", "192.0.2.3")):
        partner.buy(licname=name, ip=ip)

    assert [row["licname"]["$"] for row in partner.rows("soft", p_col="+licname")] == ["a", "b", "c"]
    assert [row["id"]["$"] for row in partner.rows("soft", p_col="-id")] == ["700003", "700002", "700001"]


def test_total_can_move_while_listing(partner: Partner) -> None:
    partner.admin("items", pricelist=55227, count=4)
    partner.fault("moving_total", count=1)

    first = partner.doc("soft", p_cnt="2")
    second = partner.doc("soft", p_cnt="2", p_num="2")

    assert (first["p_elems"]["$"], second["p_elems"]["$"]) == ("4", "3")
    assert [row["id"]["$"] for row in second["elem"]] == ["700004"]


def test_filter_sticks_to_later_lists_until_cleared(partner: Partner) -> None:
    partner.buy(licname="alpha")
    partner.buy(licname="beta", ip="192.0.2.2")

    partner.ask("soft.filter", sok="ok", licname="bet")
    assert [row["licname"]["$"] for row in partner.rows("soft")] == ["beta"]
    assert partner.doc("soft.filter")["licname"]["$"] == "bet"
    partner.ask("soft.filter", sok="ok")

    assert len(partner.rows("soft")) == 2


def test_inline_filter_holds_for_one_call(partner: Partner) -> None:
    partner.buy()
    partner.buy(pricelist="55228")

    assert len(partner.rows("soft", filter="on", pricelist="55228")) == 1
    assert len(partner.rows("soft", filter="on", status="4")) == 0
    assert len(partner.rows("soft")) == 2


@pytest.mark.parametrize("kind", ["value", "access"])
def test_refused_change_of_address_has_two_readings(partner: Partner, kind: str) -> None:
    partner.fault("ip_change_refused", variant=kind)
    elid = partner.buy()
    partner.ask("soft.edit", elid=elid, sok="ok", ip="192.0.2.2")

    error = partner.doc("soft.edit", elid=elid, sok="ok", ip="192.0.2.3")["error"]

    assert (error["$type"], error["$object"]) == (kind, "ip")
    assert error["msg"]["$"] == "The IP address can be changed once in 30 days"
    assert partner.form("soft.edit", elid)["ip"] == "192.0.2.2"


@pytest.mark.parametrize("kind", ["value", "access"])
def test_second_change_of_key_within_a_month_can_be_refused(partner: Partner, kind: str) -> None:
    partner.fault("key_change_refused", variant=kind)
    elid = partner.buy()
    newkey = {"elid": elid, "sok": "ok", "clicked_button": "newkey"}
    first = partner.doc("soft.edit", **newkey)["lickey"]["$"]

    assert partner.error("soft.edit", **newkey) == (kind, "lickey")
    assert partner.form("soft.edit", elid)["lickey"] == first
    partner.admin("clock", advance_days=30)

    assert partner.doc("soft.edit", **newkey)["lickey"]["$"] != first


@pytest.mark.parametrize("verb", ["suspend", "resume"])
def test_turning_what_is_turned_is_fine_or_refused(partner: Partner, verb: str) -> None:
    elid = partner.buy()
    if verb == "suspend":
        partner.ask("soft.suspend", elid=elid)
    assert "ok" in partner.doc(f"soft.{verb}", elid=elid)
    partner.admin("options", repeat_suspend="error")

    assert partner.error(f"soft.{verb}", elid=elid) == ("value", "status")
    assert partner.state()["acts"].get("resume", 0) == 0


@pytest.mark.parametrize(("tariff", "addon"), [("3541", ""), ("4601", "addon_4602")])
def test_old_licenses_are_kept_but_not_sold(partner: Partner, tariff: str, addon: str) -> None:
    error = partner.order(pricelist=tariff).json()["doc"]["error"]
    assert (error["$type"], error["$object"]) == ("value", "pricelist")
    elid = str(partner.admin("items", pricelist=int(tariff), licname="old")["ids"][0])

    partner.ask("soft.edit", elid=elid, sok="ok", licname="still", ip="192.0.2.8", **({addon: "3"} if addon else {}))
    form = partner.form("soft.edit", elid)
    assert (form["licname"], form["ip"], form.get(addon, "")) == ("still", "192.0.2.8", "3" if addon else "")
    partner.ask("service.prolong", elid=elid, period="1", sok="ok")
    assert partner.form("soft.edit", elid)["expiredate"] > form["expiredate"]
    assert partner.rows("soft")[0]["pricelist_id"]["$"] == tariff
    partner.ask("soft.delete", elid=elid)

    assert partner.form("soft.edit", elid)["status"] == "4"


@pytest.mark.parametrize(("reading", "left"), [("extra", "9976.00"), ("total", "9979.00")])
def test_nodes_are_counted_as_extra_or_in_total(partner: Partner, reading: str, left: str) -> None:
    partner.admin("options", addons_count=reading)

    elid = partner.buy(pricelist="55230", addon_55236="3")

    assert partner.form("soft.edit", elid)["addon_55236"] == "3"
    assert partner.balance() == left
