"""The smallest margin on the list of products."""

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing.actions.price_lists import refresh_one_price_list
from billing.queries.clock import database_now
from catalog.models import Product
from tests.billing.admin.pages import list_of, rows_of, text_of
from tests.builders import PRO, World, make_product
from tests.kept_scenes import kept_scene


@pytest.fixture
@kept_scene
def listed(world: World) -> World:
    """lite costs 4 and is sold at 5; business costs 15 and is sold at 15; BitNinja costs 9 and is sold at 12."""
    refresh_one_price_list(server_id=world.server.pk, now=database_now())
    return world


def test_each_product_shows_its_smallest_margin(listed: World, sales: Browser) -> None:
    words = text_of(sales.get(list_of(Product)))
    for shown in ("20.0 %", "0.0 %", "25.0 %"):
        assert shown in words


@pytest.mark.parametrize(("threshold", "found"), [("0", 0), ("10", 1), ("30", 3), ("99", 3)])
def test_thin_margins_can_be_filtered(listed: World, sales: Browser, threshold: str, found: int) -> None:
    assert len(rows_of(sales.get(list_of(Product, f"?margin_below={threshold}"), follow=True))) == found


def test_support_does_not_see_costs(listed: World, support: Browser) -> None:
    words = text_of(support.get(list_of(Product)))
    assert listed.lite.name in words
    assert "20.0 %" not in words
    assert "margin_below" not in words


def test_it_asks_the_database_the_same_however_many_there_are(listed: World, sales: Browser) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            text_of(sales.get(list_of(Product)))
        return len(queries)

    count()
    few = count()
    for number in range(5):
        make_product(listed.group, tariff_id=PRO, name=f"Pro {number}", price="9")
    assert count() == few
