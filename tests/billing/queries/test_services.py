import pytest
from pytest_django import DjangoAssertNumQueries

from billing.models import Service
from billing.queries.services import missing_from_partner, service_specs
from noc.models import PriceListEntry
from tests.builders import World, make_active_service, make_product, place_paid_order

ONLY_IN_THE_LIST = "990077"


@pytest.fixture
def service(world: World) -> Service:
    """A module whose Product ID is in no table, only in the account's price list."""
    PriceListEntry.objects.create(
        server=world.server,
        kind="addition",
        tariff_id=ONLY_IN_THE_LIST,
        name="BitNinja Enterprise",
        prices={"1": "9"},
        read_at="2026-03-01T00:00Z",
    )
    product = make_product(world.group, tariff_id=ONLY_IN_THE_LIST, name="Ninja", price="9.00")
    license = make_active_service(world.client, world.lite, ip="192.0.2.10")
    return place_paid_order(world.client, product, item=license.remote_id)


def test_a_module_that_only_the_list_names_has_the_fields_that_its_name_tells(service: Service) -> None:
    keys = [spec.key for spec in service_specs(service)]
    assert keys == ["item", "bitninja_email", "bitninjakey", "bitninja_password", "order_id"]
    assert missing_from_partner(service), "its key is still to come"


def test_a_known_product_id_costs_no_query(world: World, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    service = place_paid_order(world.client, world.lite, ip="192.0.2.10")
    with django_assert_num_queries(0):
        assert [spec.key for spec in service_specs(service)] == ["licname", "ip", "lickey", "order_id"]


def test_a_service_without_a_module_has_none() -> None:
    assert service_specs(Service()) == ()
