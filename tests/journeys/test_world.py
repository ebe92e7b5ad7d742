import socket

import pytest

from billing.models import ServiceStatus
from noc.sandbox.server import Sandbox
from tests.builders import World, make_active_service


def test_a_paid_order_becomes_an_active_service_at_the_partner(world: World, sandbox: Sandbox) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.1", licname="web")
    assert service.status == ServiceStatus.ACTIVE
    assert [str(number) for number in sandbox.state.items] == [service.remote_id]


def test_traffic_to_another_machine_fails_the_test() -> None:
    with socket.socket() as connection, pytest.raises(pytest.fail.Exception, match="only this machine"):
        connection.connect(("192.0.2.1", 80))
