"""What is left of a product's income at the partner's present prices."""

from decimal import Decimal
from typing import Any

import pytest

from billing.actions.order_decisions import cancel_order
from catalog.models import Currency
from noc.models import PriceListEntry
from tests.billing.queries.reports.mixed_books import JANUARY, named, read, totals
from tests.builders import World, bill, list_cost, make_hosting, place
from tests.kept_scenes import kept_scene

DAYS = {"from": "2026-01-01", "until": "2026-01-31"}


@pytest.fixture
@kept_scene
def sales(world: World) -> World:
    """Two periods of business for 15.00 at a cost of 9.00, one cancelled; hosting without a known cost; work."""
    list_cost(world.server, world.business, "9.00")
    orders = [place(world.client, world.business, now=JANUARY, ip=f"192.0.2.{unit}") for unit in (1, 2, 3)]
    cancel_order(order=orders[0], actor="test", now=JANUARY)
    place(world.client, make_hosting(world.group, price="7.00"), now=JANUARY)
    bill(world.client, "40.00", now=JANUARY)
    return world


def rows() -> dict[str, Any]:
    return {str(row[1]): named("margins", row) for row in read("margins", **DAYS)["EUR"].rows}


@pytest.mark.usefixtures("sales")
def test_cost_is_that_of_the_periods_sold() -> None:
    found = rows()
    business = found["ispmanager business"]
    assert (business["periods"], business["income"], business["cost"]) == (2, 30, 18)
    assert (business["margin"], business["percent"]) == (12, Decimal("40.0"))
    assert (found["Hosting"]["income"], found["Hosting"]["cost"], found["Hosting"]["percent"]) == (7, None, None)
    assert (found["Sold without a product"]["income"], found["Sold without a product"]["cost"]) == (40, None)


@pytest.mark.usefixtures("sales")
def test_totals_of_cost_and_margin_are_of_products_whose_cost_is_known() -> None:
    section = read("margins", **DAYS)["EUR"]
    sums = totals("margins", section)
    assert (sums["income"], sums["cost"], sums["margin"], sums["percent"]) == (77, 18, 12, Decimal("40.0"))
    assert section.notes == ["The cost of 1 product is not known: totals of cost and margin leave it out."]


@pytest.mark.usefixtures("sales")
def test_a_cost_in_another_currency_needs_its_rate() -> None:
    PriceListEntry.objects.update(currency="RUR", prices={"1": "450.00"})
    assert rows()["ispmanager business"]["cost"] is None
    Currency.objects.filter(code="RUB").update(rate=90)
    assert rows()["ispmanager business"]["cost"] == 10
