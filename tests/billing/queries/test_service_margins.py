from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import Service, ServiceOption
from billing.queries.service_margins import service_margin
from catalog.models import Currency
from noc.models import PriceListEntry
from tests.builders import World, list_cost, make_active_service


@pytest.fixture
def service(world: World) -> Service:
    """15.00 a month; costs 9.00 at its account."""
    list_cost(world.server, world.business, "9.00")
    return make_active_service(world.client, world.business, ip="192.0.2.10")


def test_margin_at_the_present_cost_in_one_query(service: Service) -> None:
    with CaptureQueriesContext(connection) as queries:
        margin = service_margin(service)
    assert len(queries) == 1
    assert margin is not None
    assert (margin.amount, margin.percent) == (6, 40)


def test_options_count_on_neither_side(service: Service) -> None:
    option = service.product.options.get()
    ServiceOption.objects.create(service=service, option=option, quantity=2, unit_amount=Decimal(5))
    service.recurring_amount += 10
    service.save()
    margin = service_margin(service)
    assert margin is not None
    assert margin.amount == 6


@pytest.mark.parametrize(
    ("currency", "rate", "expected"), [("RUR", "3", "12.00"), ("RUB", None, None), ("", "3", None)]
)
def test_other_currencies_need_a_rate(service: Service, currency: str, rate: str | None, expected: str | None) -> None:
    PriceListEntry.objects.update(currency=currency)
    Currency.objects.filter(code="RUB").update(rate=rate)
    margin = service_margin(service)
    assert (str(margin.amount) if margin else None) == expected


def test_no_cost_no_margin(service: Service) -> None:
    PriceListEntry.objects.update(prices={"12": "90.00"})
    assert service_margin(service) is None
    PriceListEntry.objects.all().delete()
    assert service_margin(service) is None
