"""Other software: against saved replies, and against the partner that runs here."""

from collections.abc import Iterator, Mapping
from datetime import date

import pytest

from noc.client import Credentials, PartnerClient
from noc.errors import InsufficientFunds, OutcomeUnknown, Rejected
from noc.kinds import Command, OrderRequest, get_kind, kind_for_tariff
from noc.sandbox.server import Sandbox
from noc.schemas import ItemStatus, RemoteService
from noc.tariffs import BUILT_IN
from tests.noc.partner import Partner as SavedPartner
from tests.noc.sandbox.caller import Partner

SOFTWARE = get_kind("software")
CLOUDLINUX, BITNINJA = "9203", "55369"
FIELDS = {"licname": "shop.example", "ip": "192.0.2.10"}


@pytest.fixture
def partner(sandbox: Sandbox) -> Iterator[Partner]:
    partner = Partner(sandbox.url)
    yield partner
    partner.http.close()


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[PartnerClient]:
    credentials = Credentials(sandbox.url, "reseller", "sandbox-password")
    with PartnerClient(credentials, sleep=lambda _: None) as client:
        yield client


def buy(client: PartnerClient, tariff_id: str = CLOUDLINUX, fields: Mapping[str, str] = FIELDS) -> str:
    remote_id = SOFTWARE.order(client, OrderRequest(tariff_id, 1, "s80", fields)).remote_id
    assert remote_id is not None
    return remote_id


def test_it_is_ordered_by_name_and_address() -> None:
    partner = SavedPartner("order.json")
    SOFTWARE.order(partner.client, OrderRequest(CLOUDLINUX, 1, "s80", {**FIELDS, "lickey": "no", "item": "no"}))
    form = partner.forms[0]
    assert (form["func"], form["pricelist"], form["period"]) == ("softexternal.order.param", CLOUDLINUX, "1")
    assert (form["licname"], form["ip"], form["autoprolong"]) == ("shop.example", "192.0.2.10", "null")
    assert form.keys().isdisjoint({"lickey", "item"})


def test_only_software_that_is_bound_to_an_address_asks_for_one() -> None:
    keys = {tariff.name: [spec.key for spec in SOFTWARE.fields_for(id_)] for id_, tariff in BUILT_IN.items()}
    for name in ("CloudLinux", "KernelCare", "Softaculous"):
        assert keys[name] == ["licname", "ip", "lickey", "order_id"]
    for tariff_id, name in ((BITNINJA, ""), ("55391", ""), ("990100", "BitNinja Pro")):
        assert [spec.key for spec in SOFTWARE.fields_for(tariff_id, name)] == ["licname", "lickey", "order_id"]
    assert "ip" in [spec.key for spec in SOFTWARE.fields_for("990001", "Imunify360")]


def test_its_commands_are_those_of_a_license() -> None:
    assert Command.CHANGE in SOFTWARE.commands & SOFTWARE.client_commands
    assert not SOFTWARE.can_be_pooled
    assert kind_for_tariff("11738") is SOFTWARE


@pytest.mark.parametrize(
    ("current_ip", "changed", "sent"),
    [
        ("192.0.2.1", {"licname": "new"}, {"licname": "new", "ip": "192.0.2.1"}),
        ("192.0.2.1", {"ip": "192.0.2.9"}, {"licname": "old", "ip": "192.0.2.9"}),
        ("", {"licname": "new"}, {"licname": "new"}),
    ],
)
def test_an_edit_sends_name_and_address_together(
    current_ip: str, changed: dict[str, str], sent: dict[str, str]
) -> None:
    form = f'{{"doc":{{"elid":"5","licname":"old","ip":"{current_ip}"}}}}'.encode()
    partner = SavedPartner(form, "order.json", form, "order.json")
    SOFTWARE.change(partner.client, "5", changed, "s80")
    edit = partner.forms[1]
    assert {key: edit[key] for key in ("licname", "ip") if key in edit} == sent
    assert (edit["func"], edit["elid"], edit["sok"]) == ("softexternal.edit", "5", "ok")
    current = RemoteService("5", "software", name="old", ip=current_ip)
    SOFTWARE.turn_off_auto_renewal(partner.client, "5", current)
    last = partner.forms[-1]
    assert (last["autoprolong"], last["licname"], last.get("ip", "")) == ("null", "old", current_ip)


def test_it_lives_at_the_partner_from_order_to_deletion(client: PartnerClient, partner: Partner) -> None:
    remote_id = buy(client)
    bought = SOFTWARE.read(client, remote_id)
    assert (bought.tariff_id, bought.name, bought.ip) == (CLOUDLINUX, "shop.example", "192.0.2.10")
    assert (bought.status, bought.auto_renewal) == (ItemStatus.ACTIVE, False)
    assert bought.expires_on is not None
    (row,) = SOFTWARE.list_all(client)
    assert row.id == remote_id
    assert SOFTWARE.matches(row, CLOUDLINUX, FIELDS)
    assert not SOFTWARE.matches(row, CLOUDLINUX, {**FIELDS, "ip": "192.0.2.11"})
    SOFTWARE.change(client, remote_id, {"licname": "new.example"}, "s80")
    changed = SOFTWARE.read(client, remote_id)
    assert (changed.name, changed.ip) == ("new.example", "192.0.2.10")
    new_end = SOFTWARE.renew(client, remote_id, 1)
    assert isinstance(new_end, date)
    assert new_end > bought.expires_on
    SOFTWARE.delete(client, remote_id)
    SOFTWARE.delete(client, remote_id)
    assert partner.item(remote_id)["status"] == 4


def test_software_without_an_address_is_ordered_without_one(client: PartnerClient) -> None:
    service = SOFTWARE.read(client, buy(client, BITNINJA, {"licname": "ninja"}))
    assert (service.name, service.ip, service.status) == ("ninja", "", ItemStatus.ACTIVE)
    SOFTWARE.change(client, service.id, {"licname": "samurai"}, "s80")
    assert SOFTWARE.read(client, service.id).name == "samurai"


@pytest.mark.parametrize("period", [3, 12])
def test_a_period_that_is_not_sold_is_refused_on_its_field(client: PartnerClient, period: int) -> None:
    with pytest.raises(Rejected) as caught:
        SOFTWARE.order(client, OrderRequest(CLOUDLINUX, period, "s80", FIELDS))
    assert caught.value.field == "period"


def test_an_unclear_answer_is_unknown_and_no_money_is_told(client: PartnerClient, partner: Partner) -> None:
    partner.fault("lost_after_act", func="softexternal.order.param", count=1)
    with pytest.raises(OutcomeUnknown):
        buy(client)
    assert len(SOFTWARE.list_all(client)) == 1
    partner.admin("balance", login="reseller", balance="0", credit="0")
    with pytest.raises(InsufficientFunds):
        buy(client, fields={**FIELDS, "ip": "192.0.2.11"})


@pytest.mark.parametrize("name", ["lickey", "key", "bitninja_key", "serialkey"])
def test_its_key_is_found_under_any_name(client: PartnerClient, partner: Partner, name: str) -> None:
    partner.admin("options", software_key_name=name)
    assert SOFTWARE.read(client, buy(client)).key
