import json
from typing import Any
from xml.etree import ElementTree

import pytest

from noc.sandbox.document import Document, Node, Shape
from noc.sandbox.formats import xml_text
from tests.noc.sandbox.caller import Partner


def xml_of(partner: Partner, func: str, **params: str) -> ElementTree.Element:
    reply = partner.ask(func, out="xml", **params)
    assert reply.headers["content-type"].startswith("text/xml")
    return ElementTree.fromstring(reply.content)


def flat_of(partner: Partner, func: str, **params: str) -> dict[str, Any]:
    flat: dict[str, Any] = partner.ask(func, out="bjson", **params).json()
    return flat


def test_xml_is_the_default(partner: Partner) -> None:
    reply = partner.http.post("/billmgr", data={"func": "soft", "authinfo": partner.login})

    assert ElementTree.fromstring(reply.content).tag == "doc"


def test_order_answers_with_an_id_in_xml(partner: Partner) -> None:
    document = ElementTree.fromstring(partner.order(out="xml").content)

    assert [(child.tag, child.text) for child in document] == [("id", "700001"), ("ok", None)]


@pytest.mark.parametrize("out", ["json", "xjson", "sjson"])
def test_order_answers_with_an_id_in_json(partner: Partner, out: str) -> None:
    assert partner.order(out=out).json() == {"doc": {"id": {"$": "700001"}, "ok": {"$": ""}}}


def test_order_answers_with_an_id_in_bjson(partner: Partner) -> None:
    assert partner.order(out="bjson").json() == {"id": {"v": "700001"}, "ok": {"v": ""}}


def test_list_row_in_each_format(partner: Partner) -> None:
    partner.buy()

    elem = xml_of(partner, "soft").find("elem")
    assert elem is not None
    status = elem.find("item_status")
    assert status is not None
    assert (elem.findtext("pricelist_id"), status.text, status.get("orig")) == ("55227", "Active", "2")

    row = partner.rows("soft")[0]
    assert row["pricelist"] == {"$": "ispmanager 6 lite"}
    assert row["item_status"] == {"$orig": "2", "$color": "green", "$": "Active"}

    flat = flat_of(partner, "soft")
    assert (flat["func"], flat["p_elems"]) == ("soft", "1")
    kept = ("id", "item_status", "item_status_orig", "pricelist", "pricelist_id", "cost", "item_cost", "currency_str")
    assert {name: flat["elem"][0][name] for name in kept} == {
        "id": "700001",
        "item_status": "Active",
        "item_status_orig": "2",
        "pricelist": "ispmanager 6 lite",
        "pricelist_id": "55227",
        "cost": "4.00 EUR / Month",
        "item_cost": "4.0000",
        "currency_str": "EUR",
    }


def test_empty_list_has_no_elem(partner: Partner) -> None:
    assert xml_of(partner, "soft").find("elem") is None
    assert "elem" not in partner.doc("soft")
    assert "elem" not in flat_of(partner, "soft")


def test_form_in_each_format(partner: Partner) -> None:
    partner.buy()

    assert xml_of(partner, "soft.edit", elid="700001").findtext("licname") == "shop"
    assert partner.doc("soft.edit", elid="700001")["licname"] == {"$": "shop"}
    assert flat_of(partner, "soft.edit", elid="700001")["model"]["licname"] == "shop"


def test_choices_of_a_form_in_each_format(partner: Partner) -> None:
    partner.buy()

    values = xml_of(partner, "service.prolong", elid="700001").findall("slist[@name='period']/val")
    assert [(one.get("key"), one.text) for one in values] == [("1", "Month"), ("12", "Year")]
    expected = [{"$key": "1", "$": "Month"}, {"$key": "12", "$": "Year"}]
    assert partner.doc("service.prolong", elid="700001")["slist"] == [{"$name": "period", "val": expected}]
    assert flat_of(partner, "service.prolong", elid="700001")["slist"][0]["val"][0] == {"key": "1", "v": "Month"}


def test_error_in_each_format(partner: Partner) -> None:
    wrong = {"elid": "1"}

    error = xml_of(partner, "soft.edit", **wrong).find("error")
    assert error is not None
    assert (error.get("type"), error.get("object"), error.get("lang")) == ("missed", "item", "en")
    assert error.findtext("msg") == "The item does not exist"

    body = partner.doc("soft.edit", **wrong)["error"]
    assert (body["$type"], body["$object"], body["msg"]) == ("missed", "item", {"$": "The item does not exist"})
    assert body["param"][0]["$name"] == "object"

    flat = flat_of(partner, "soft.edit", **wrong)["error"]
    assert (flat["type"], flat["object"], flat["msg"]) == ("missed", "item", "The item does not exist")


@pytest.mark.parametrize("name", ["type", "$type", "$t"])
def test_bjson_error_names_its_type_as_switched(partner: Partner, name: str) -> None:
    partner.admin("options", bjson_error=name)

    error = flat_of(partner, "soft.edit", elid="1")["error"]

    assert error[name] == "missed"


def test_act_without_a_result_is_true_in_bjson(partner: Partner) -> None:
    partner.buy()

    assert flat_of(partner, "soft.delete", elid="700001", sok="ok") == {"ok": True}


def test_messages_follow_the_language_of_the_call(partner: Partner) -> None:
    partner.buy()

    assert partner.rows("soft", lang="ru")[0]["item_status"]["$"] == "Активен"
    assert "IP-адрес" in partner.order(lang="ru", ip="x").json()["doc"]["error"]["msg"]["$"]


def test_russian_account_speaks_russian_unless_asked_otherwise(partner: Partner) -> None:
    credentials = {"authinfo": "reseller-ru:sandbox-password", "out": "json", "func": "nonsense"}

    reply = partner.http.post("/billmgr", data=credentials)

    assert "функцию" in reply.json()["doc"]["error"]["msg"]["$"]


def test_single_row_as_an_object(partner: Partner) -> None:
    partner.buy()
    partner.fault("single_row_as_object", func="soft", count=2)

    assert partner.doc("soft")["elem"]["id"] == {"$": "700001"}
    assert flat_of(partner, "soft")["elem"]["id"] == "700001"
    assert isinstance(partner.doc("soft")["elem"], list)


def test_plugin_error_hides_its_words_in_json(partner: Partner) -> None:
    partner.fault("plugin_error")

    error = partner.doc("soft.edit", elid="1")["error"]

    assert json.loads(error["msg"][0]["$"]) == {"msg": "The item does not exist"}
    assert json.loads(error["$object"]) == {"object": "item"}


def test_content_type_can_be_wrong(partner: Partner) -> None:
    partner.admin("options", content_type="text/html")

    reply = partner.ask("whoami")

    assert reply.headers["content-type"] == "text/html"
    assert "user" in reply.json()["doc"]


def test_creation_date_can_come_twice(partner: Partner) -> None:
    partner.buy()
    partner.admin("options", createdate_twice=True)

    row = partner.rows("soft")[0]

    assert [type(row["createdate"]), len(row["createdate"])] == [list, 2]


def test_xml_escapes_markup_and_drops_control_characters() -> None:
    document = Document(Shape.ACTION, [Node("licname", "<a & \x00b>", {"x": '"'})])

    element = ElementTree.fromstring(xml_text(document)).find("licname")

    assert element is not None
    assert (element.text, element.get("x")) == ("<a & b>", '"')
