"""Services take over what the partner has already; nothing is bought for it."""

from collections.abc import Iterator
from typing import Any

import pytest

from billing.actions.adopting import AdoptionRefused, adopt_remote
from billing.models import Event, Operation, PooledLicense, Service
from billing.queries.clock import database_now
from billing.queries.services import field_values
from noc.models import Server
from noc.sandbox.server import Sandbox
from tests.builders import LITE, PRO, World, make_active_service, make_server, place_paid_order
from tests.kept_scenes import kept_scene
from tests.noc.sandbox.caller import Partner


@pytest.fixture
def partner(sandbox: Sandbox) -> Iterator[Partner]:
    partner = Partner(sandbox.url)
    yield partner
    partner.http.close()


@pytest.fixture
@kept_scene
def service(world: World) -> Service:
    """Paid, and its purchase called off: what it stands for is at the partner already."""
    service = place_paid_order(world.client, world.lite, ip="192.0.2.10", licname="shop")
    Operation.objects.filter(service=service).update(status="CANCELLED")
    return service


def seed(partner: Partner, **values: Any) -> str:
    (number,) = partner.admin("items", **{"pricelist": LITE, "licname": "old.example", "ip": "192.0.2.77", **values})[
        "ids"
    ]
    return str(number)


def adopt(service: Service, server: Server, number: str) -> None:
    adopt_remote(service=service, server=server, remote_id=number, actor="operator", now=database_now())
    service.refresh_from_db()


def refuse(service: Service, server: Server, number: str) -> dict[str, list[str]]:
    before = Service.objects.filter(pk=service.pk).values().get()
    with pytest.raises(AdoptionRefused) as caught:
        adopt(service, server, number)
    assert Service.objects.filter(pk=service.pk).values().get() == before
    return caught.value.errors


def test_the_service_becomes_what_the_partner_has(world: World, partner: Partner, service: Service) -> None:
    number = seed(partner, expiredate="2027-03-01", lickey="K-1")
    adopt(service, world.server, f" {number} ")
    assert (service.status, service.server, service.remote_id) == ("ACTIVE", world.server, number)
    assert str(service.expires_on) == "2027-03-01"
    values = field_values(service)
    assert (values["licname"], values["ip"], values["order_id"]) == ("old.example", "192.0.2.77", number)
    event = Event.objects.get(name="service.adopted")
    assert (event.actor, event.service, event.data["to"]["remote_id"]) == ("operator", service, number)
    assert "K-1" not in str(list(Event.objects.values_list("data", flat=True)))
    assert partner.state()["acts"] == {}, "nothing may be bought or changed there"


def test_adopting_again_changes_nothing(world: World, partner: Partner, service: Service) -> None:
    number = seed(partner)
    adopt(service, world.server, number)
    before = Service.objects.values().get(), Event.objects.count()
    adopt(service, world.server, number)
    after = Service.objects.values().get(), Event.objects.count()
    assert {**before[0], "synced_at": None} == {**after[0], "synced_at": None}
    assert before[1] == after[1]


def test_a_purchase_that_waits_is_called_off(world: World, partner: Partner) -> None:
    service = place_paid_order(world.client, world.lite, ip="192.0.2.10")
    adopt(service, world.server, seed(partner))
    assert list(Operation.objects.values_list("kind", "status")) == [("CREATE", "CANCELLED")]


def test_auto_renewal_at_the_partner_is_turned_off_by_a_sync(world: World, partner: Partner, service: Service) -> None:
    adopt(service, world.server, seed(partner, autoprolong=1))
    assert Operation.objects.get(status="QUEUED").kind == "SYNC"


@pytest.mark.parametrize("number", ["", "abc", "1,2", "٣"])
def test_the_number_must_be_one(world: World, service: Service, number: str) -> None:
    assert refuse(service, world.server, number).keys() == {"remote_id"}


@pytest.mark.parametrize("values", [{"status": 4}, {"status": 1}, {"pricelist": PRO}], ids=str)
def test_what_cannot_be_it_is_refused(world: World, partner: Partner, service: Service, values: dict[str, Any]) -> None:
    assert refuse(service, world.server, seed(partner, **values)).keys() == {"remote_id"}


def test_what_is_not_there_is_refused(world: World, service: Service) -> None:
    assert refuse(service, world.server, "999999")["remote_id"] == ["There is no service 999999 at the partner."]


def test_what_another_service_holds_is_refused(world: World, service: Service) -> None:
    other = make_active_service(world.client, world.lite, ip="192.0.2.11", licname="other")
    assert refuse(service, world.server, other.remote_id) == {"remote_id": ["Another service holds this number."]}


def test_what_lies_in_the_pool_is_refused(world: World, partner: Partner, service: Service) -> None:
    number, now = seed(partner), database_now()
    PooledLicense.objects.create(
        server=world.server, tariff_id=LITE, remote_id=number, released_at=now, changed_at=now, state="FREE"
    )
    assert refuse(service, world.server, number).keys() == {"remote_id"}


@pytest.mark.parametrize("status", ["RUNNING", "CHECKING", "NEEDS_CHECK"])
def test_nothing_is_taken_over_while_a_purchase_is_open(
    world: World, partner: Partner, service: Service, status: str
) -> None:
    Operation.objects.filter(service=service).update(status=status)
    assert refuse(service, world.server, seed(partner)).keys() == {"service"}


def test_an_ended_service_takes_nothing_over(world: World, partner: Partner, service: Service) -> None:
    Service.objects.filter(pk=service.pk).update(status="CANCELLED")
    assert refuse(service, world.server, seed(partner)).keys() == {"service"}


def test_a_number_is_given_up_only_when_it_is_gone(world: World, partner: Partner) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.10", licname="shop")
    first, second = service.remote_id, seed(partner)
    assert refuse(service, world.server, second).keys() == {"service"}
    partner.doc("soft.delete", elid=first, sok="ok")
    adopt(service, world.server, second)
    assert service.remote_id == second


def test_an_account_that_does_not_answer_is_told(world: World, partner: Partner, service: Service) -> None:
    number = seed(partner)
    partner.fault("http_500")
    assert refuse(service, world.server, number).keys() == {"server"}


def test_the_account_is_moved_with_the_number(
    world: World, partner: Partner, sandbox: Sandbox, service: Service
) -> None:
    partner.admin("accounts", login="second", password="other-password")
    second = make_server(sandbox, name="Second", username="second", password="other-password")
    number = seed(partner, account="second")
    assert refuse(service, world.server, number).keys() == {"remote_id"}
    adopt(service, second, number)
    assert service.server == second
