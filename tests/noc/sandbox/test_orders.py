import pytest

from tests.noc.sandbox.caller import Partner


def order_error(partner: Partner, **params: str) -> tuple[str, str]:
    error = partner.order(**params).json()["doc"]["error"]
    return error["$type"], error["$object"]


def test_order_charges_and_activates(partner: Partner) -> None:
    elid = partner.buy(remoteid="l17")

    form = partner.form("soft.edit", elid)
    assert (form["status"], form["licname"], form["ip"], form["pricelist"]) == ("2", "shop", "192.0.2.1", "55227")
    assert form["remoteid"] == "l17"
    assert partner.balance() == "9996.00"
    assert partner.log(acted="1")[0]["acts"] == [{"name": "order", "item_id": int(elid), "cost": "4.00"}]


def test_key_begins_with_the_id(partner: Partner) -> None:
    elid = partner.buy()

    head, _, tail = partner.form("soft.edit", elid)["lickey"].partition("-")
    assert (head, len(bytes.fromhex(tail))) == (elid, 12)


def test_without_sok_only_the_form_comes_back(partner: Partner) -> None:
    document = partner.order(sok="").json()["doc"]

    assert document["pricelist"] == {"$": "55227"}
    assert [one["$key"] for one in document["slist"][0]["val"]] == ["1", "12"]
    assert partner.bought() == 0


def test_form_without_a_tariff_is_out_of_the_wizard(partner: Partner) -> None:
    assert order_error(partner, sok="", pricelist="") == ("wizard_unavailable", "soft.order.pricelist")


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"pricelist": ""}, "pricelist"),
        ({"pricelist": "1"}, "pricelist"),
        ({"pricelist": "55227;"}, "pricelist"),
        ({"pricelist": "55361"}, "pricelist"),
        ({"pricelist": "3541"}, "pricelist"),
        ({"period": "3"}, "period"),
        ({"period": "-100"}, "period"),
        ({"period": ""}, "period"),
        ({"ip": ""}, "ip"),
        ({"ip": "999.1.1.1"}, "ip"),
        ({"ip": "2001:db8::1"}, "ip"),
        ({"autoprolong": "3"}, "autoprolong"),
        ({"pricelist": "55230", "addon_55236": "many"}, "addon_55236"),
    ],
)
def test_bad_field_is_refused_and_nothing_is_bought(partner: Partner, params: dict[str, str], field: str) -> None:
    assert order_error(partner, **params) == ("value", field)
    assert (partner.bought(), partner.balance()) == (0, "10000.00")


def test_complaints_come_in_the_order_of_the_form(partner: Partner) -> None:
    partner.buy()
    partner.admin("balance", login="reseller", balance="0")
    wrong = {"pricelist": "1", "period": "3", "ip": "x"}

    assert order_error(partner, **wrong)[1] == "pricelist"
    assert order_error(partner, **wrong | {"pricelist": "55227"})[1] == "period"
    assert order_error(partner, **wrong | {"pricelist": "55227", "period": "1"})[1] == "ip"
    assert order_error(partner) == ("exists", "ip")
    assert order_error(partner, ip="192.0.2.2") == ("money", "balance")


def test_one_tariff_lives_on_an_address_once(partner: Partner) -> None:
    elid = partner.buy()
    assert order_error(partner) == ("exists", "ip")
    partner.buy(pricelist="55228")

    partner.ask("soft.delete", elid=elid)

    partner.buy()


def test_duplicates_can_be_named_exist(partner: Partner) -> None:
    partner.admin("options", duplicate_type="exist")
    partner.buy()

    assert order_error(partner) == ("exist", "ip")


def test_checkip_says_beforehand_whether_an_address_is_free(partner: Partner) -> None:
    asked = {"pricelist": "55227", "period": "1", "ip": "192.0.2.1"}
    assert "ok" in partner.doc("soft.checkip", **asked)

    partner.buy()

    assert partner.error("soft.checkip", **asked) == ("exists", "ip")
    assert partner.error("soft.checkip", **asked | {"ip": "x"}) == ("value", "ip")


@pytest.mark.parametrize("params", [{"skipbasket": "off"}, {"skipbasket": ""}, {"clicked_button": "basket"}])
def test_without_skipbasket_the_order_waits_unpaid(partner: Partner, params: dict[str, str]) -> None:
    document = partner.order(**params).json()["doc"]

    elid = document["id"]["$"]
    assert document["billorder"]["$"] == "5001"
    form = partner.form("soft.edit", elid)
    assert (form["status"], form["lickey"], form["expiredate"]) == ("1", "", "")
    assert (partner.bought(), partner.balance()) == (0, "10000.00")


def test_omitted_autoprolong_means_on(partner: Partner) -> None:
    params = {
        "pricelist": "55227",
        "period": "12",
        "ip": "192.0.2.9",
        "licname": "a",
        "skipbasket": "on",
        "sok": "ok",
    }
    elid = partner.doc("soft.order.param", **params)["id"]["$"]

    assert partner.form("soft.edit", elid)["autoprolong"] == "12"


@pytest.mark.parametrize(("sent", "kept"), [("null", "null"), ("off", "null"), ("1", "1"), ("12", "12")])
def test_autoprolong_is_kept_as_sent(partner: Partner, sent: str, kept: str) -> None:
    assert partner.form("soft.edit", partner.buy(autoprolong=sent))["autoprolong"] == kept


def test_a_year_costs_eleven_months(partner: Partner) -> None:
    partner.buy(period="12")

    assert partner.balance() == "9956.00"


@pytest.mark.parametrize(("counts", "balance"), [("extra", "9979.00"), ("total", "9982.00")])
def test_nodes_cost_extra_or_beyond_the_first(partner: Partner, counts: str, balance: str) -> None:
    partner.admin("options", addons_count=counts)

    elid = partner.buy(pricelist="55230", addon_55236="2")

    assert partner.form("soft.edit", elid)["addon_55236"] == "2"
    assert partner.balance() == balance


def test_more_nodes_later_are_charged_and_fewer_give_nothing_back(partner: Partner) -> None:
    elid = partner.buy(pricelist="55230")
    partner.ask("soft.edit", elid=elid, sok="ok", addon_55236="3")
    assert partner.balance() == "9976.00"

    partner.ask("soft.edit", elid=elid, sok="ok", addon_55236="1")

    assert (partner.balance(), partner.form("soft.edit", elid)["addon_55236"]) == ("9976.00", "1")


def test_trial_is_free_and_ends_in_two_weeks(partner: Partner) -> None:
    partner.admin("balance", login="reseller", balance="0")

    elid = partner.buy(pricelist="55239", period="-100")

    partner.admin("clock", advance_days=13)
    assert partner.form("soft.edit", elid)["status"] == "2"
    partner.admin("clock", advance_days=1)
    assert partner.form("soft.edit", elid)["status"] == "3"


def test_key_is_empty_for_the_first_reads(partner: Partner) -> None:
    partner.admin("options", lickey_empty_reads=2)
    elid = partner.buy()

    keys = [bool(partner.form("soft.edit", elid)["lickey"]) for _ in range(3)]

    assert keys == [False, False, True]


def test_processing_lasts_a_number_of_reads(partner: Partner) -> None:
    partner.admin("options", processing_reads=2)
    elid = partner.buy()

    assert partner.form("soft.edit", elid)["status"] == "5"
    assert partner.rows("soft")[0]["item_status"]["$orig"] == "5"
    assert partner.form("soft.edit", elid)["status"] == "2"
    assert partner.form("soft.edit", elid)["expiredate"] != ""


def test_stuck_item_stays_in_processing_until_released(partner: Partner) -> None:
    partner.fault("stuck_processing", func="soft.order.param", count=1)
    elid = partner.buy()
    for _ in range(3):
        assert partner.form("soft.edit", elid)["status"] == "5"
    assert partner.error("service.prolong", elid=elid, period="1", sok="ok") == ("prolong_denied", "service")

    assert partner.admin("release", id=int(elid)) == {"released": [int(elid)]}

    assert partner.form("soft.edit", elid)["status"] == "2"


def test_switching_the_fault_off_releases_stuck_items(partner: Partner) -> None:
    partner.fault("stuck_processing")
    elid = partner.buy()

    partner.http.delete("/admin/faults", params={"name": "stuck_processing"})

    assert partner.form("soft.edit", elid)["status"] == "2"


def test_answer_may_lack_the_id(partner: Partner) -> None:
    partner.fault("missing_id", count=1)

    assert partner.order().json() == {"doc": {"ok": {"$": ""}}}
    assert partner.bought() == 1


def test_remoteid_may_be_unique(partner: Partner) -> None:
    partner.buy(remoteid="l1")
    partner.buy(remoteid="l1", ip="192.0.2.2")
    partner.admin("options", remoteid_unique=True)

    assert order_error(partner, remoteid="l1", ip="192.0.2.3") == ("exists", "remoteid")


def test_regions_see_their_own_modules_and_prices(partner: Partner) -> None:
    partner.login = "reseller-ru:sandbox-password"
    parent = partner.buy()
    assert partner.balance() == "999600.00"

    wrong, right = (
        partner.module(parent, pricelist=tariff, bitninja_email="a@example.com").json()["doc"]
        for tariff in ("55371", "55390")
    )

    assert wrong["error"]["$object"] == "pricelist"
    assert "id" in right


def test_first_step_of_the_wizard_lists_tariffs(partner: Partner) -> None:
    rows = partner.doc("soft.order.pricelist")["list"][0]

    assert rows["$name"] == "tariflist"
    assert {row["pricelist"]["$"] for row in rows["elem"]} == {
        "5577",
        "55227",
        "55228",
        "55229",
        "55230",
        "55239",
        "55240",
    }
