"""A group that prefers accounts with money (S7)."""

import pytest

from billing.actions.provisioning.placing import place_service
from billing.models import Service
from noc.models import Server, ServerGroup
from noc.sandbox.server import Sandbox
from tests.builders import World, make_product, make_server, place


@pytest.fixture
def poor_and_rich(world: World, sandbox: Sandbox) -> tuple[Server, Server, Service]:
    """The emptier account of a group has no money left; a service waits to be placed."""
    rich = make_server(sandbox, name="Rich", username="rich", max_accounts=1)
    Server.objects.filter(pk=world.server.pk).update(balance="0", balance_credit="0")
    Server.objects.filter(pk=rich.pk).update(balance="5")
    group = ServerGroup.objects.create(name="Europe", prefers_balance=True)
    group.servers.set([world.server, rich])
    product = make_product(world.group, tariff_id="55228", name="pro", price="9", server_group=group)
    other = Service.objects.get(order_line__order=place(world.client, product, ip="192.0.2.1"))
    Service.objects.filter(pk=other.pk).update(server=rich)
    service = Service.objects.get(order_line__order=place(world.client, product, ip="192.0.2.2"))
    return world.server, rich, service


def test_an_account_without_money_is_passed_over_though_it_is_emptier(
    poor_and_rich: tuple[Server, Server, Service],
) -> None:
    poor, rich, service = poor_and_rich
    assert place_service(service) == rich
    ServerGroup.objects.update(prefers_balance=False)
    assert place_service(Service.objects.get(pk=service.pk)) == poor


@pytest.mark.parametrize("changes", [{"balance_credit": "1"}, {"balance": None}])
def test_credit_and_an_unknown_balance_count_as_money(
    poor_and_rich: tuple[Server, Server, Service], changes: dict[str, str | None]
) -> None:
    poor, _rich, service = poor_and_rich
    Server.objects.filter(pk=poor.pk).update(**changes)
    assert place_service(service) == poor


def test_an_account_that_was_refused_is_passed_over_whatever_its_balance(
    poor_and_rich: tuple[Server, Server, Service],
) -> None:
    poor, rich, service = poor_and_rich
    Server.objects.filter(pk=poor.pk).update(balance="1000", health="NO_MONEY")
    assert place_service(service) == rich
