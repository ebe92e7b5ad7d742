"""Values that were there before their field was made secret."""

import pytest
from django.db import connection, transaction

from billing.actions.fields import BATCH, seal_secret_values
from billing.automation.registry import get_duty
from billing.models import Service, ServiceField
from billing.queries.services import field_values
from catalog.models import CustomField, FieldType
from tests.builders import World, place_paid_order


@pytest.fixture
def service(world: World) -> Service:
    return place_paid_order(world.client, world.lite, licname="shop", ip="192.0.2.10")


def stored() -> str:
    """All that the table holds, as it lies there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT plain_value, secret_value FROM billing_servicefield")
        return repr(cursor.fetchall())


def seal() -> int:
    with transaction.atomic():
        return seal_secret_values()


@pytest.mark.parametrize("change", [{"is_secret": True}, {"type": FieldType.PASSWORD}], ids=["secret", "password"])
def test_they_are_encrypted_and_read_as_before(service: Service, change: dict[str, object]) -> None:
    CustomField.objects.filter(key="licname").update(**change)
    assert "shop" in stored()
    assert (seal(), seal()) == (1, 0)
    assert "shop" not in stored()
    assert field_values(service)["licname"] == "shop"


def test_values_of_open_fields_are_left_alone(service: Service) -> None:
    before = stored()
    assert seal() == 0
    assert stored() == before


def test_there_may_be_many(world: World, service: Service) -> None:
    count = BATCH + 2
    fields = CustomField.objects.bulk_create(
        CustomField(product=world.lite, key=f"pin{number}", label="PIN", is_secret=True) for number in range(count)
    )
    ServiceField.objects.bulk_create(ServiceField(service=service, field=one, plain_value="4711") for one in fields)
    assert seal() == count
    assert "4711" not in stored()


def test_every_night_looks_for_them() -> None:
    assert get_duty("secret_values") is not None
