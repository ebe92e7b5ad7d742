"""CHANGE: lost answers are read back, refusals stay refusals, ours follows what the partner shows."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from billing.actions.commands import ChangeInvalid, change_service
from billing.actions.provisioning import OperationNotOpen, cancel_operation, run_operation
from billing.models import Operation, Service
from billing.provisioners.ispmanager_noc import RemoteSide
from billing.queries.operations import operation_words
from billing.queries.services import field_values
from noc.errors import Unavailable
from noc.sandbox.server import Sandbox
from noc.schemas import RemoteService
from tests.builders import World, make_active_service, make_product
from tests.clocks import MovingClock

Misbehave = Callable[..., None]
Items = Callable[[], list[dict[str, Any]]]
CHANGE = {"func": "soft.edit", "params": {"sok": "ok"}}


@pytest.fixture
def service(world: World) -> Service:
    return make_active_service(world.client, world.lite, ip="192.0.2.10", licname="shop")


def change(service: Service, clock: MovingClock, **fields: str) -> Operation:
    return change_service(service=service, fields=fields, actor="operator", now=clock())


def run(operation: Operation, clock: MovingClock) -> str:
    Operation.objects.filter(pk=operation.pk).update(run_after=clock())
    run_operation(operation_id=operation.pk, clock=clock)
    operation.refresh_from_db()
    return operation.status


def edits(sandbox: Sandbox) -> int:
    """How often the partner was told to change something, by its own log."""
    entries = httpx.get(f"{sandbox.url}/admin/log", params={"func": "soft.edit"}).json()["entries"]
    return sum(entry["params"].get("sok") == "ok" for entry in entries)


@pytest.mark.parametrize("fault", ["lost_after_act", "truncated_body", "empty_body", "long_request"])
def test_a_lost_answer_is_read_back_and_not_sent_again(
    service: Service, clock: MovingClock, misbehave: Misbehave, sandbox: Sandbox, fault: str
) -> None:
    misbehave(fault, count=1, **CHANGE)
    operation = change(service, clock, ip="192.0.2.77")
    assert run(operation, clock) == "CHECKING"
    assert field_values(service)["ip"] == "192.0.2.10"
    assert run(operation, clock) == "DONE"
    assert (field_values(service)["ip"], edits(sandbox)) == ("192.0.2.77", 1)


@pytest.mark.parametrize("fault", ["cut_before_act", "http_500", "in_process"])
def test_what_never_arrived_is_sent_again(
    service: Service, clock: MovingClock, misbehave: Misbehave, live_items: Items, fault: str
) -> None:
    misbehave(fault, count=1, **CHANGE)
    operation = change(service, clock, ip="192.0.2.77")
    assert run(operation, clock) == "CHECKING"
    assert run(operation, clock) == "DONE"
    assert [item["ip"] for item in live_items()] == ["192.0.2.77"]


def test_what_may_have_arrived_cannot_be_cancelled(service: Service, clock: MovingClock, misbehave: Misbehave) -> None:
    misbehave("lost_after_act", count=1, **CHANGE)
    operation = change(service, clock, ip="192.0.2.77")
    run(operation, clock)
    with pytest.raises(OperationNotOpen):
        cancel_operation(operation=operation, actor="operator", now=clock())


def test_newer_values_win_over_those_whose_answer_was_lost(
    service: Service, clock: MovingClock, misbehave: Misbehave, live_items: Items
) -> None:
    misbehave("cut_before_act", count=1, **CHANGE)
    first = change(service, clock, ip="192.0.2.77")
    run(first, clock)
    second = change(service, clock, ip="192.0.2.78", licname="newer")
    assert (run(first, clock), run(second, clock)) == ("DONE", "DONE")
    assert [(item["ip"], item["licname"]) for item in live_items()] == [("192.0.2.78", "newer")]


def test_newer_values_win_when_nothing_could_be_sent(
    service: Service, clock: MovingClock, live_items: Items, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = change(service, clock, ip="192.0.2.77")
    read = RemoteSide.read

    def ask_meanwhile(side: RemoteSide, remote_id: str) -> RemoteService:
        monkeypatch.setattr(RemoteSide, "read", read)
        change(service, clock, ip="192.0.2.78")
        raise Unavailable("The line is down.")

    monkeypatch.setattr(RemoteSide, "read", ask_meanwhile)
    assert (run(first, clock), first.params["ip"]) == ("QUEUED", "192.0.2.78")
    assert run(first, clock) == "DONE"
    assert [item["ip"] for item in live_items()] == ["192.0.2.78"]


def test_a_refusal_names_the_field_and_changes_nothing(
    service: Service, clock: MovingClock, misbehave: Misbehave
) -> None:
    assert run(change(service, clock, ip="192.0.2.77"), clock) == "DONE"
    misbehave("ip_change_refused")
    refused = change(service, clock, ip="192.0.2.78", licname="other")
    assert run(refused, clock) == "FAILED"
    assert refused.message_values["field"] == "ip"
    assert operation_words(refused).startswith("The partner refused the change:")
    assert field_values(service) | {"ip": "192.0.2.77", "licname": "shop"} == field_values(service)


def test_access_to_the_field_is_a_refusal_too(service: Service, clock: MovingClock, misbehave: Misbehave) -> None:
    misbehave("error", type="access", object="ip", msg="The IP address was changed recently", **CHANGE)
    refused = change(service, clock, ip="192.0.2.78")
    assert run(refused, clock) == "FAILED"
    assert refused.message_values == {"detail": "The IP address was changed recently", "field": "ip"}


def test_ours_follows_what_the_partner_shows(
    service: Service, clock: MovingClock, misbehave: Misbehave, sandbox: Sandbox
) -> None:
    """Taken in words and not in deed: the old address stays on both sides."""
    misbehave("http_500", count=1, **CHANGE)
    operation = change(service, clock, ip="192.0.2.77")
    run(operation, clock)
    httpx.post(f"{sandbox.url}/admin/items", json={"id": int(service.remote_id), "licname": "theirs"})
    assert run(operation, clock) == "DONE"
    assert field_values(service)["licname"] == "shop", "both fields were sent"


def test_letters_of_another_size_are_another_name(service: Service, clock: MovingClock, live_items: Items) -> None:
    assert run(change(service, clock, licname="Shop"), clock) == "DONE"
    assert [item["licname"] for item in live_items()] == ["Shop"]


def test_deleted_meanwhile_is_told(service: Service, clock: MovingClock, sandbox: Sandbox) -> None:
    operation = change(service, clock, ip="192.0.2.77")
    httpx.post(f"{sandbox.url}/admin/items", json={"id": int(service.remote_id), "status": 4})
    assert run(operation, clock) == "FAILED"
    assert "any more" in operation_words(operation)


@pytest.mark.parametrize("tariff_id", ["3541", "4601"])
def test_a_license_of_version_5_is_changed_too(
    service: Service, clock: MovingClock, sandbox: Sandbox, tariff_id: str
) -> None:
    seeded = {"pricelist": int(tariff_id), "ip": "192.0.2.20", "licname": "old"}
    (number,) = httpx.post(f"{sandbox.url}/admin/items", json=seeded).json()["ids"]
    Service.objects.filter(pk=service.pk).update(tariff_id=tariff_id, remote_id=str(number))
    service.refresh_from_db()
    assert run(change(service, clock, ip="192.0.2.21", licname="new"), clock) == "DONE"
    items = httpx.get(f"{sandbox.url}/admin/state").json()["items"]
    assert next((item["licname"], item["ip"]) for item in items if item["id"] == number) == ("new", "192.0.2.21")


def test_software_is_changed_and_what_has_no_address_takes_none(world: World, clock: MovingClock) -> None:
    softaculous = make_product(world.group, tariff_id="9204", name="Softaculous", price="3.00")
    service = make_active_service(world.client, softaculous, ip="192.0.2.30", licname="soft")
    assert run(change(service, clock, ip="192.0.2.31"), clock) == "DONE"
    assert field_values(service)["ip"] == "192.0.2.31"
    bitninja = make_product(world.group, tariff_id="55369", name="BitNinja", price="12.00")
    nameless = make_active_service(world.client, bitninja, licname="ninja")
    with pytest.raises(ChangeInvalid):
        change(nameless, clock, ip="192.0.2.32")
    assert run(change(nameless, clock, licname="ninja2"), clock) == "DONE"
