import pytest

from tests.noc.sandbox.caller import Partner

BITNINJA = {"pricelist": "55369", "ip": "", "licname": "guard"}


def bought(partner: Partner, **params: str) -> str:
    return str(partner.software(**params).json()["doc"]["id"]["$"])


def refusal(partner: Partner, **params: str) -> tuple[str, str]:
    error = partner.software(**params).json()["doc"]["error"]
    return error["$type"], error["$object"]


@pytest.mark.parametrize(
    ("pricelist", "name", "left"),
    [
        ("9203", "CloudLinux", "9986.00"),
        ("9204", "Softaculous", "9998.00"),
        ("11738", "KernelCare", "9997.00"),
        ("990001", "Imunify360", "9988.00"),
        ("990002", "LiteSpeed", "9990.00"),
        ("990003", "JetBackup", "9994.05"),
    ],
)
def test_software_is_bought_for_an_address(partner: Partner, pricelist: str, name: str, left: str) -> None:
    elid = bought(partner, pricelist=pricelist)

    form = partner.form("softexternal.edit", elid)
    assert (form["licname"], form["ip"], form["status"], form["pricelist"]) == ("cl", "192.0.2.1", "2", pricelist)
    assert form["lickey"].startswith(f"{elid}-")
    row = partner.rows("softexternal")[0]
    assert (row["id"]["$"], row["licname"]["$"], row["ip"]["$"], row["pricelist"]["$"]) == (
        elid,
        "cl",
        "192.0.2.1",
        name,
    )
    assert partner.balance() == left


def test_bitninja_needs_no_address(partner: Partner) -> None:
    elid = bought(partner, **BITNINJA, period="6")

    form = partner.form("softexternal.edit", elid)

    assert "ip" not in form
    assert (form["licname"], form["period"]) == ("guard", "6")
    assert partner.balance() == "9940.00"


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"ip": ""}, "ip"),
        ({"ip": "2001:db8::1"}, "ip"),
        ({"period": "12"}, "period"),
        ({**BITNINJA, "period": "24"}, "period"),
        ({"licname": "я" * 256}, "licname"),
        ({"pricelist": "55227"}, "pricelist"),
        ({"pricelist": "55391"}, "pricelist"),
    ],
)
def test_bad_field_is_refused(partner: Partner, params: dict[str, str], field: str) -> None:
    assert refusal(partner, **params) == ("value", field)
    assert partner.rows("softexternal") == []


def test_name_may_be_long_and_russian(partner: Partner) -> None:
    elid = bought(partner, licname="я" * 255)

    assert partner.form("softexternal.edit", elid)["licname"] == "я" * 255


def test_one_product_stands_on_an_address_once(partner: Partner) -> None:
    bought(partner)

    assert refusal(partner) == ("exists", "ip")
    assert bought(partner, pricelist="11738")


def test_edit_writes_name_and_address(partner: Partner) -> None:
    elid = bought(partner)

    partner.ask("softexternal.edit", elid=elid, sok="ok", licname="new", ip="192.0.2.9", remoteid="s9")

    form = partner.form("softexternal.edit", elid)
    assert (form["licname"], form["ip"], form["remoteid"]) == ("new", "192.0.2.9", "s9")
    assert bought(partner) != elid


def test_edit_of_software_without_an_address_ignores_one(partner: Partner) -> None:
    elid = bought(partner, **BITNINJA)

    partner.ask("softexternal.edit", elid=elid, sok="ok", licname="new", ip="192.0.2.9")

    form = partner.form("softexternal.edit", elid)
    assert (form["licname"], "ip" in form) == ("new", False)


def test_key_shows_under_the_name_switched_to_and_later(partner: Partner) -> None:
    partner.admin("options", software_key_name="activationkey", lickey_empty_reads=1)
    elid = bought(partner)

    first, second = (partner.form("softexternal.edit", elid) for _ in range(2))

    assert (first["activationkey"], "lickey" in first) == ("", False)
    assert second["activationkey"].startswith(f"{elid}-")


def test_trial_of_software_is_free_and_cannot_be_renewed(partner: Partner) -> None:
    elid = bought(partner, **BITNINJA, period="-100")

    error = partner.doc("service.prolong", elid=elid, period="1", sok="ok")["error"]

    assert (error["$type"], error["$object"], error["msg"]["$"]) == ("value", "period", "A trial cannot be renewed")
    assert partner.doc("service.prolong", elid=elid)["slist"][0].get("val", []) == []
    assert partner.balance() == "10000.00"


def test_software_renews_stops_and_ends_like_a_license(partner: Partner) -> None:
    elid = bought(partner)
    before = partner.form("softexternal.edit", elid)["expiredate"]
    partner.ask("service.prolong", elid=elid, period="1", sok="ok")
    assert partner.form("softexternal.edit", elid)["expiredate"] > before

    partner.ask("softexternal.suspend", elid=elid)
    assert partner.form("softexternal.edit", elid)["status"] == "3"
    partner.ask("softexternal.resume", elid=elid)
    assert partner.form("softexternal.edit", elid)["status"] == "2"
    partner.ask("softexternal.delete", elid=elid)

    assert partner.form("softexternal.edit", elid)["status"] == "4"
    assert partner.balance() == "9972.00"
