from collections.abc import Mapping
from datetime import date

import httpx
import pytest

from noc.errors import InsufficientFunds, NotBought, NotFound, OutcomeUnknown, Rejected
from noc.kinds import NODE_ADDONS, Command, OrderRequest, get_kind, kind_for_tariff
from noc.schemas import ItemStatus, RemoteService
from noc.tariffs import built_in
from tests.noc.partner import Partner

LICENSE, ADDITION, SOFTWARE = get_kind("license"), get_kind("addition"), get_kind("software")
FIELDS = {"licname": "shop.example", "ip": "192.0.2.10"}
REQUEST = OrderRequest(tariff_id="55230", period=1, reference="s77", fields=FIELDS, addons={"55236": 3})
MISSED = b'{"doc":{"error":{"$type":"missed","$object":"item","msg":{"$":"The item does not exist"}}}}'


def status(code: int) -> bytes:
    return f'{{"doc":{{"elid":{{"$":"1234567"}},"status":{{"$":"{code}"}}}}}}'.encode()


def without(form: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in form.items() if name not in ("authinfo", "out", "lang")}


def test_a_license_is_ordered_with_every_parameter_spelled_out() -> None:
    partner = Partner("order.json")
    assert LICENSE.order(partner.client, REQUEST).remote_id == "1234567"
    assert without(partner.forms[0]) == {
        "func": "soft.order.param",
        "pricelist": "55230",
        "period": "1",
        "licname": "shop.example",
        "ip": "192.0.2.10",
        "addon_55236": "3",
        "remoteid": "s77",
        "autoprolong": "null",
        "skipbasket": "on",
        "clicked_button": "finish",
        "sok": "ok",
    }


def test_a_module_is_ordered_on_its_license() -> None:
    partner = Partner("order.json")
    fields = {"item": " 1234567 ", "bitninja_email": "a@example.com", "bitninjakey": "x", "licname": "no"}
    ADDITION.order(partner.client, OrderRequest("55371", 6, "s78", fields))
    form = without(partner.forms[0])
    assert (form["func"], form["item"], form["bitninja_email"]) == ("addition.order.param", "1234567", "a@example.com")
    assert form.keys().isdisjoint({"bitninjakey", "licname", "ip"})


@pytest.mark.parametrize("name", ["order.xml", "order.json", "order.bjson"])
def test_the_id_is_read_in_every_format(name: str) -> None:
    assert LICENSE.order(Partner(name).client, REQUEST).remote_id == "1234567"


def test_an_answer_without_an_id_is_still_an_order() -> None:
    assert LICENSE.order(Partner("order_without_id.json").client, REQUEST).remote_id is None


def test_an_order_in_the_basket_is_not_bought() -> None:
    partner = Partner("order_in_basket.json")
    with pytest.raises(NotBought) as caught:
        LICENSE.order(partner.client, REQUEST)
    assert (caught.value.billorder, caught.value.item_id) == ("812", "")


@pytest.mark.parametrize("name", ["order_unpaid_with_id.json", "order_billorder_with_id.bjson"])
def test_a_sign_of_payment_is_checked_at_the_service_itself(name: str) -> None:
    with pytest.raises(NotBought) as caught:
        LICENSE.order(Partner(soft__order__param=name, soft__edit=status(1)).client, REQUEST)
    assert (caught.value.billorder, caught.value.item_id) == ("812", "1234567")
    bought = Partner(soft__order__param=name, soft__edit=status(5))
    assert LICENSE.order(bought.client, REQUEST).remote_id == "1234567"
    for answer in (httpx.ReadTimeout("slow"), b'{"doc":{"elid":{"$":"1"}}}'):
        unclear = Partner(soft__order__param=name, soft__edit=answer)
        with pytest.raises(OutcomeUnknown):
            LICENSE.order(unclear.client, REQUEST)
        assert len(unclear.requests) == 2


def test_an_order_that_shows_status_ordered_is_not_bought() -> None:
    reply = b'{"doc":{"id":{"$":"1234567"},"item_status":{"$orig":"1","$":"Ordered"}}}'
    with pytest.raises(NotBought):
        LICENSE.order(Partner(soft__order__param=reply, soft__edit=status(1)).client, REQUEST)


def test_no_money_is_told_as_such() -> None:
    with pytest.raises(InsufficientFunds):
        LICENSE.order(Partner("error_money.json").client, REQUEST)


def test_reading_asks_the_form_by_id() -> None:
    partner = Partner("addition_form.json")
    service = ADDITION.read(partner.client, "777")
    assert without(partner.forms[0]) == {"func": "addition.edit", "elid": "777"}
    assert (service.id, service.kind, service.item, service.status) == ("777", "addition", "1234567", ItemStatus.ACTIVE)
    assert service.extra == {
        "bitninja_email": "a@example.com",
        "bitninjakey": "BN-1",
        "bitninja_password": "s3cret",
    }


def test_the_id_asked_for_is_kept_where_the_form_does_not_repeat_it() -> None:
    assert LICENSE.read(Partner(b'{"doc":{"licname":{"$":"a"}}}').client, "9").id == "9"


def test_a_change_sends_name_and_address_together() -> None:
    partner = Partner("order.json")
    LICENSE.change(partner.client, "1234567", {"licname": "new", "ip": "192.0.2.99"}, "s77")
    assert without(partner.forms[0]) == {
        "func": "soft.edit",
        "elid": "1234567",
        "licname": "new",
        "ip": "192.0.2.99",
        "remoteid": "s77",
        "sok": "ok",
    }


def test_a_change_of_one_field_repeats_the_other_as_it_is() -> None:
    partner = Partner("soft_form.json", "order.json")
    LICENSE.change(partner.client, "1234567", {"ip": "192.0.2.99"}, "s77")
    assert (partner.forms[1]["licname"], partner.forms[1]["ip"]) == ("shop.example", "192.0.2.99")


def test_a_module_cannot_be_changed() -> None:
    partner = Partner()
    with pytest.raises(Rejected):
        ADDITION.change(partner.client, "777", {"item": "1"}, "s")
    assert partner.requests == []
    assert ADDITION.change_fields == ()
    assert Command.CHANGE not in ADDITION.commands


def test_auto_renewal_is_turned_off_and_the_rest_is_kept() -> None:
    partner = Partner("order.json", "order.json")
    current = RemoteService("5", "license", name="a", ip="192.0.2.1", remote_reference="s5")
    LICENSE.turn_off_auto_renewal(partner.client, "5", current)
    ADDITION.turn_off_auto_renewal(partner.client, "6", RemoteService("6", "addition"))
    license_form, module_form = map(without, partner.forms)
    assert license_form == {
        "func": "soft.edit",
        "elid": "5",
        "autoprolong": "null",
        "licname": "a",
        "ip": "192.0.2.1",
        "remoteid": "s5",
        "sok": "ok",
    }
    assert module_form == {"func": "addition.edit", "elid": "6", "autoprolong": "null", "sok": "ok"}


def test_deleting_what_is_gone_succeeds() -> None:
    LICENSE.delete(Partner(MISSED).client, "5")
    LICENSE.delete(Partner("order.json").client, "5")
    refused = b'{"error":{"type":"value","object":"status","msg":"Already deleted"}}'
    LICENSE.delete(Partner(refused, status(4)).client, "5")
    LICENSE.delete(Partner(refused, MISSED).client, "5")


def test_a_refused_deletion_is_told() -> None:
    refused = b'{"error":{"type":"pricelist_min_order","msg":"Minimum 10.00 EUR, left 4.00 EUR"}}'
    with pytest.raises(Rejected) as caught:
        LICENSE.delete(Partner(refused, status(2)).client, "5")
    assert caught.value.type == "pricelist_min_order"


@pytest.mark.parametrize("name", ["prolong_form.xml", "prolong_form.json", "prolong_form.bjson"])
def test_the_renewal_form_offers_periods_and_submits_nothing(name: str) -> None:
    partner = Partner(name)
    form = LICENSE.renewal_form(partner.client, "1")
    assert form.periods == {1, 12}
    assert (form.expires_on, form.new_expires_on) == (date(2026, 5, 21), date(2026, 6, 21))
    assert form.status is ItemStatus.ACTIVE
    assert "sok" not in partner.forms[0]


@pytest.mark.parametrize("name", ["prolong.xml", "prolong.json", "prolong_flat.bjson"])
def test_a_renewal_tells_the_new_end(name: str) -> None:
    partner = Partner(name)
    assert LICENSE.renew(partner.client, "1", 1) == date(2026, 6, 21)
    assert without(partner.forms[0]) == {"func": "service.prolong", "elid": "1", "period": "1", "sok": "ok"}


def test_a_renewal_may_tell_nothing() -> None:
    assert LICENSE.renew(Partner(b'{"doc":{"ok":{}}}').client, "1", 1) is None


@pytest.mark.parametrize("name", ["prolong_in_basket.json", "order_in_basket.json"])
def test_a_renewal_in_the_basket_is_not_bought(name: str) -> None:
    with pytest.raises(NotBought):
        LICENSE.renew(Partner(name).client, "1", 1)


def test_a_renewal_of_a_missing_service_is_not_found() -> None:
    with pytest.raises(NotFound):
        LICENSE.renew(Partner(MISSED).client, "1", 1)


def test_one_purchase_has_one_key_however_it_is_typed() -> None:
    key = LICENSE.match_key("55227", {"licname": "Пример.РФ ", "ip": "192.0.2.1"})
    assert key == LICENSE.match_key("55227", {"licname": " xn--e1afmkfd.xn--p1ai", "ip": " 192.0.2.1", "x": "y"})
    assert key != LICENSE.match_key("55228", {"licname": "Пример.РФ", "ip": "192.0.2.1"})
    assert key != LICENSE.match_key("55227", {"licname": "Пример.РФ", "ip": "192.0.2.2"})
    assert ADDITION.match_key("55371", {"item": "7"}) != ADDITION.match_key("23221", {"item": "7", "domain": "a.b"})


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"tariff_id": "55227", "name": "Shop  example", "ip": "192.0.2.10"}, True),
        ({"tariff_id": "55227", "name": "shop example"}, True),
        ({"name": "SHOP EXAMPLE"}, True),
        ({}, True),
        ({"tariff_name": "Лицензия ispmanager 6 lite (месяц)", "name": "shop example"}, True),
        ({"tariff_name": "Panel nobody knows", "name": "shop example"}, True),
        ({"tariff_name": "ispmanager 6 pro", "name": "shop example"}, False),
        ({"tariff_id": "55228", "name": "shop example", "ip": "192.0.2.10"}, False),
        ({"tariff_id": "55227", "name": "shop example", "ip": "192.0.2.11"}, False),
        ({"tariff_id": "55227", "name": "other", "ip": "192.0.2.10"}, False),
    ],
)
def test_a_row_matches_by_what_it_shows(row: dict[str, str], expected: bool) -> None:
    service = RemoteService("1", "license", **row)  # type: ignore[arg-type]
    assert LICENSE.matches(service, "55227", {"licname": "shop example", "ip": "192.0.2.10"}) is expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("1234567", True),
        ("1234568", False),
        ("ispmanager pro #1234567", True),
        ("ispmanager pro #1234568", False),
        ("ispmanager 6 pro (shop.example)", True),
        ("", True),
    ],
)
def test_a_module_matches_by_its_license_as_id_or_words(item: str, expected: bool) -> None:
    row = RemoteService("1", "addition", tariff_id="55371", item=item, extra={"bitninja_email": "A@example.com"})
    assert ADDITION.matches(row, "55371", {"item": "1234567", "bitninja_email": "a@example.com"}) is expected


def test_fields_are_those_of_guide_b() -> None:
    def keys(tariff_id: str, name: str = "", code: str = "addition") -> list[str]:
        return [spec.key for spec in get_kind(code).fields_for(tariff_id, name)]

    assert keys("55227", code="license") == ["licname", "ip", "lickey", "order_id"]
    for bitninja in ("55371", "55390"):
        assert keys(bitninja) == ["item", "bitninja_email", "bitninjakey", "bitninja_password", "order_id"]
    assert keys("23221") == ["item", "domain", "target_ip", "order_id"]
    assert keys("55361") == keys("990001") == ["item", "order_id"]
    assert keys("990002", "DDoS-Guard L7") == ["item", "domain", "target_ip", "order_id"]


def test_required_fields_are_on_the_order_form_and_secrets_are_filled_by_the_partner() -> None:
    kinds = [LICENSE, ADDITION, SOFTWARE]
    specs = {spec.key: spec for kind in kinds for id_ in ("55371", "23221") for spec in kind.fields_for(id_)}
    assert {key for key, spec in specs.items() if spec.is_required} == {"item", "domain", "target_ip", "ip"}
    assert {key for key, spec in specs.items() if spec.on_order_form and not spec.is_required} == {
        "bitninja_email",
        "licname",
    }
    assert {key for key, spec in specs.items() if spec.is_secret} == {"lickey", "bitninjakey", "bitninja_password"}
    assert str(specs["item"].label) == "ID of the ispmanager license for which the module is purchased"


@pytest.mark.parametrize(
    ("fields", "faulty"),
    [
        ({"ip": "192.0.2.1"}, set()),
        ({"ip": " 10.0.0.1 ", "licname": "Имя"}, set()),
        ({}, {"ip"}),
        ({"ip": "999.1.1.1"}, {"ip"}),
        ({"ip": "2001:db8::1"}, {"ip"}),
        ({"ip": "192.0.2.1/24"}, {"ip"}),
        ({"ip": "192.0.2.1", "licname": "x" * 256}, {"licname"}),
    ],
)
def test_fields_of_a_license_are_checked(fields: dict[str, str], faulty: set[str]) -> None:
    assert LICENSE.find_faults("55227", fields).keys() == faulty


def test_fields_of_modules_are_checked() -> None:
    assert ADDITION.find_faults("55371", {"item": "12", "bitninja_email": "a"}).keys() == {"bitninja_email"}
    assert ADDITION.find_faults("55371", {"item": "abc"}).keys() == {"item"}
    good = {"item": "12", "domain": "пример.рф", "target_ip": "192.0.2.1"}
    assert ADDITION.find_faults("23221", good) == {}
    assert ADDITION.find_faults("23221", {**good, "domain": "no domain"}).keys() == {"domain"}


def test_a_tariff_leads_to_its_kind() -> None:
    assert kind_for_tariff("55227") is LICENSE
    assert kind_for_tariff("23221") is ADDITION
    assert kind_for_tariff("9203") is SOFTWARE
    assert kind_for_tariff("nonsense") is None
    lite = built_in("55227")
    assert lite is not None
    assert kind_for_tariff("55227", [lite]) is LICENSE
    assert NODE_ADDONS["55230"] == "55236"
