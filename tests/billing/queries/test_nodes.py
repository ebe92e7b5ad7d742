"""Additional servers of a license: ordered, sent and shown by the partner."""

import pytest

from billing.models import Service, ServiceOption
from billing.queries.nodes import NodeCounts, node_counts
from billing.queries.pool import pooled_counts, same_counts
from catalog.models import ProductOption
from noc.schemas import RemoteService
from tests.builders import World, make_active_service, place_paid_order, run_due_operations

NODES = "55236"


def order_nodes(world: World, count: int, *, base: int = 0) -> Service:
    """A business license, ordered and paid with so many additional servers."""
    product = world.business
    type(product).objects.filter(pk=product.pk).update(node_base=base)
    product.refresh_from_db()
    option, _is_new = ProductOption.objects.get_or_create(
        product=product, addon_id=NODES, defaults={"key": "servers", "label": "Servers"}
    )
    service = place_paid_order(world.client, product, ip="192.0.2.50")
    if count:
        ServiceOption.objects.create(service=service, option=option, quantity=count, unit_amount=1)
    return service


@pytest.mark.parametrize(
    ("count", "base", "expected"),
    [
        (0, 0, NodeCounts(ordered=0, sent=None, shown=0, base=0)),
        (3, 0, NodeCounts(ordered=3, sent=3, shown=3, base=0)),
        (3, 1, NodeCounts(ordered=3, sent=4, shown=4, base=1)),
    ],
)
def test_what_was_sent_is_shown_after_the_purchase(world: World, count: int, base: int, expected: NodeCounts) -> None:
    service = order_nodes(world, count, base=base)
    run_due_operations()
    service.refresh_from_db()
    assert node_counts(service) == expected
    assert expected.agrees is True


@pytest.mark.parametrize(
    ("sent", "shown", "base", "agrees"),
    [(4, 3, 1, False), (4, None, 1, None), (None, 1, 1, True), (None, 1, 0, False), (None, 2, 1, False)],
)
def test_a_mismatch_is_told(sent: int | None, shown: int | None, base: int, agrees: bool | None) -> None:
    assert NodeCounts(ordered=0, sent=sent, shown=shown, base=base).agrees is agrees


def test_other_licenses_count_no_servers(world: World) -> None:
    assert node_counts(make_active_service(world.client, world.lite, ip="192.0.2.51")) is None


def test_a_license_goes_into_the_pool_under_the_counts_that_an_order_sends(world: World) -> None:
    with_nodes = order_nodes(world, 3, base=1)
    shown = RemoteService(id="1", kind="license", addons={NODES: 4})
    assert pooled_counts(with_nodes, shown) == {NODES: 4}
    assert pooled_counts(with_nodes, RemoteService(id="1", kind="license")) == {NODES: 4}
    assert pooled_counts(with_nodes, RemoteService(id="1", kind="license", addons={NODES: 1})) == {}
    assert same_counts({}, {NODES: 0})
    assert not same_counts({NODES: 1}, {NODES: 2})
