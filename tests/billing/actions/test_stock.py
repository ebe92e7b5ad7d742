from typing import Any

import pytest

from billing.actions.order_decisions import OrderClosed, OrderNotPending, cancel_order, mark_order_fraud
from billing.actions.ordering import OrderInvalid
from billing.models import Order
from billing.queries.clock import database_now
from catalog.models import Product
from tests.builders import World, make_hosting, place


@pytest.fixture
def product(world: World) -> Product:
    return make_hosting(world.group, has_stock_control=True, stock_quantity=3)


def left(product: Product) -> int:
    product.refresh_from_db()
    return product.stock_quantity


def test_an_order_takes_its_units(world: World, product: Product) -> None:
    place(world.client, product, quantity=2)
    assert left(product) == 1


def test_more_than_are_there_are_refused_on_the_quantity(world: World, product: Product) -> None:
    with pytest.raises(OrderInvalid) as refused:
        place(world.client, product, quantity=4)
    assert refused.value.errors == {"items.0.quantity": ["Only 3 left in stock."]}
    assert (left(product), Order.objects.count()) == (3, 0)


def test_what_was_sold_meanwhile_is_refused_too(world: World, product: Product) -> None:
    """The catalog row that was looked at is older than the last sale."""
    Product.objects.filter(pk=product.pk).update(stock_quantity=0)
    with pytest.raises(OrderInvalid) as refused:
        place(world.client, product)
    assert refused.value.errors == {"items.0.quantity": ["Sold out."]}
    assert Order.objects.count() == 0


@pytest.mark.parametrize("undo", [cancel_order, mark_order_fraud])
def test_an_undone_order_gives_its_units_back_once(world: World, product: Product, undo: Any) -> None:
    order = place(world.client, product, quantity=2)
    extra = {"is_bought_ended": True} if undo is mark_order_fraud else {}
    undo(order=order, actor="test", now=database_now(), **extra)
    assert left(product) == 3
    with pytest.raises((OrderClosed, OrderNotPending)):
        undo(order=order, actor="test", now=database_now(), **extra)
    assert left(product) == 3


def test_nothing_comes_back_that_was_never_taken(world: World) -> None:
    order = place(world.client, world.lite, ip="192.0.2.1")
    Product.objects.filter(pk=world.lite.pk).update(has_stock_control=True, stock_quantity=5)
    cancel_order(order=order, actor="test", now=database_now())
    assert left(world.lite) == 5
