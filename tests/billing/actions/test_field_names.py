"""Two fields of one meaning become one; no value is lost on the way."""

import pytest

from billing.actions.field_names import take_module_key
from billing.actions.fields import save_field_values
from billing.models import Event, Service, ServiceField
from billing.queries.clock import database_now
from billing.queries.services import field_values
from catalog.models import CustomField
from tests.builders import World, place_paid_order


@pytest.fixture
def service(world: World) -> Service:
    return place_paid_order(world.client, world.lite, licname="shop", ip="192.0.2.10")


def add(world: World, key: str) -> CustomField:
    return CustomField.objects.create(product=world.lite, key=key, label=key)


def take(field: CustomField, key: str) -> list[tuple[int, str, str]]:
    found = take_module_key(field=field, key=key, actor="operator", now=database_now())
    return [(conflict.service_id, conflict.key, conflict.other_key) for conflict in found]


def test_a_renamed_field_keeps_its_values(world: World, service: Service) -> None:
    CustomField.objects.filter(product=world.lite, key="licname").update(key="old-name")
    assert take(CustomField.objects.get(key="old-name"), "licname") == []
    assert field_values(service)["licname"] == "shop"
    event = Event.objects.get(name="product.field_renamed")
    assert (event.data["from"], event.data["to"], event.data["merged"]) == ("old-name", "licname", False)


def test_values_of_what_becomes_secret_are_encrypted(world: World, service: Service) -> None:
    CustomField.objects.filter(product=world.lite, key="lickey").delete()
    save_field_values(service=service, values={add(world, "key1").key: "K-1"})
    assert take(CustomField.objects.get(key="key1"), "lickey") == []
    row = ServiceField.objects.get(field__key="lickey")
    assert (row.plain_value, row.secret_value) == ("", "K-1")
    assert "K-1" not in str(list(Event.objects.values_list("data", flat=True)))


def test_values_move_into_the_field_that_lacks_them(world: World, service: Service) -> None:
    add(world, "old-key")
    save_field_values(service=service, values={"old-key": "K-1"})
    assert take(CustomField.objects.get(key="old-key"), "lickey") == []
    assert field_values(service)["lickey"] == "K-1"
    assert not CustomField.objects.filter(key="old-key").exists()


def test_different_values_stay_where_they_are_and_are_told(world: World, service: Service) -> None:
    old = add(world, "old-name")
    other = place_paid_order(world.client, world.lite, licname="same", ip="192.0.2.11")
    save_field_values(service=service, values={"old-name": "another"})
    save_field_values(service=other, values={"old-name": "same"})
    for _twice in range(2):
        assert take(old, "licname") == [(service.pk, "licname", "old-name")]
        assert (field_values(service)["licname"], field_values(service)["old-name"]) == ("shop", "another")
    assert field_values(other).get("old-name") is None
    assert not Event.objects.filter(name="product.field_renamed").exists()
