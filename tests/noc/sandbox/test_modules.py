import pytest

from tests.noc.sandbox.caller import Partner


@pytest.fixture
def parent(partner: Partner) -> str:
    return partner.buy()


def refusal(partner: Partner, parent: str, **params: str) -> tuple[str, str]:
    error = partner.module(parent, **params).json()["doc"]["error"]
    return error["$type"], error["$object"]


def test_module_is_bought_on_a_license(partner: Partner, parent: str) -> None:
    elid = partner.module(parent, pricelist="55361").json()["doc"]["id"]["$"]

    form = partner.form("addition.edit", elid)
    assert (form["item"], form["status"], form["pricelist"]) == (parent, "2", "55361")
    row = partner.rows("addition")[0]
    assert (row["item"]["$"], row["pricelist"]["$"]) == (parent, "Dr.Web lite")
    assert partner.balance() == "9993.50"


def test_bitninja_comes_with_key_and_password(partner: Partner, parent: str) -> None:
    elid = partner.module(parent, pricelist="55371", bitninja_email="a@example.com").json()["doc"]["id"]["$"]

    form = partner.form("addition.edit", elid)

    assert form["bitninja_email"] == "a@example.com"
    assert len(form["bitninja_key"]) == 32
    assert form["bitninja_password"]


@pytest.mark.parametrize(("key", "password"), [("bitninjakey", "bitninjapassword"), ("key", "password")])
def test_bitninja_fields_have_the_names_switched_to(partner: Partner, parent: str, key: str, password: str) -> None:
    elid = partner.module(parent, pricelist="55371", bitninja_email="a@example.com").json()["doc"]["id"]["$"]
    partner.admin("options", bitninja_key_name=key, bitninja_password_name=password)

    form = partner.form("addition.edit", elid)

    assert form[key]
    assert form[password]
    assert "bitninja_key" not in form


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"pricelist": "55371"}, "bitninja_email"),
        ({"pricelist": "55371", "bitninja_email": "nobody"}, "bitninja_email"),
        ({"pricelist": "23221", "target_ip": "192.0.2.7"}, "domain"),
        ({"pricelist": "23221", "domain": "example.com"}, "target_ip"),
        ({"pricelist": "23221", "domain": "example.com", "target_ip": "x"}, "target_ip"),
        ({"pricelist": "55227"}, "pricelist"),
        ({"period": "3"}, "period"),
        ({"item": ""}, "item"),
    ],
)
def test_bad_field_is_refused(partner: Partner, parent: str, params: dict[str, str], field: str) -> None:
    assert refusal(partner, parent, **params) == ("value", field)


def test_license_has_to_be_ones_own(partner: Partner, parent: str) -> None:
    partner.login = "reseller-ru:sandbox-password"

    assert refusal(partner, parent, pricelist="55377") == ("missed", "item")


def test_license_has_to_be_live_and_working(partner: Partner, parent: str) -> None:
    partner.ask("soft.suspend", elid=parent)
    assert refusal(partner, parent) == ("value", "item")

    partner.ask("soft.delete", elid=parent)

    assert refusal(partner, parent) == ("missed", "item")


def test_module_cannot_carry_a_module(partner: Partner, parent: str) -> None:
    module = partner.module(parent).json()["doc"]["id"]["$"]

    assert refusal(partner, module, pricelist="55362") == ("missed", "item")


def test_same_module_twice_is_refused(partner: Partner, parent: str) -> None:
    partner.module(parent)

    assert refusal(partner, parent) == ("exists", "item")


def test_guard_protects_several_domains_of_one_license(partner: Partner, parent: str) -> None:
    guard = {"pricelist": "23221", "target_ip": "192.0.2.7"}
    for domain in ("one.example", "two.example"):
        assert "id" in partner.module(parent, domain=domain, **guard).json()["doc"]

    assert refusal(partner, parent, domain="one.example", **guard) == ("exists", "item")


def test_module_is_deleted_alone_or_with_its_license(partner: Partner, parent: str) -> None:
    alone = partner.module(parent).json()["doc"]["id"]["$"]
    along = partner.module(parent, pricelist="55362").json()["doc"]["id"]["$"]
    assert "ok" in partner.doc("addition.delete", elid=alone)
    assert partner.form("addition.edit", along)["status"] == "2"

    partner.ask("soft.delete", elid=parent)

    assert [row["item_status"]["$orig"] for row in partner.rows("addition")] == ["4", "4"]


@pytest.mark.parametrize("verb", ["suspend", "resume"])
def test_suspending_modules_is_for_administrators(partner: Partner, parent: str, verb: str) -> None:
    assert partner.error(f"addition.{verb}", elid=parent) == ("access", f"addition.{verb}")


def test_module_renews_like_a_license(partner: Partner, parent: str) -> None:
    elid = partner.module(parent).json()["doc"]["id"]["$"]

    answer = partner.doc("service.prolong", elid=elid, period="6", sok="ok")

    assert answer["doc"]["newexpiredate"]["$"] == partner.form("addition.edit", elid)["expiredate"]


def test_list_can_name_the_license_in_words_or_not_at_all(partner: Partner, parent: str) -> None:
    elid = partner.module(parent).json()["doc"]["id"]["$"]

    partner.admin("options", item_in_lists="name")
    assert partner.rows("addition")[0]["item"]["$"] == "shop"
    partner.ask("soft.edit", elid=parent, sok="ok", licname="", ip="192.0.2.1")
    assert partner.rows("addition")[0]["item"]["$"] == "ispmanager 6 lite"
    partner.admin("options", item_in_lists="none")
    assert "item" not in partner.rows("addition")[0]

    assert partner.form("addition.edit", elid)["item"] == parent


@pytest.mark.parametrize("pricelist", ["55361", "55362", "55363", "990011", "990012", "990013"])
def test_other_modules_need_the_license_only(partner: Partner, parent: str, pricelist: str) -> None:
    elid = partner.module(parent, pricelist=pricelist, period="12").json()["doc"]["id"]["$"]

    form = partner.form("addition.edit", elid)

    assert (form["item"], form["pricelist"], form["period"]) == (parent, pricelist, "12")
    assert "bitninja_email" not in form
