"""Lists cost the same number of queries whatever their length."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from noc.models import Server, ServerGroup
from tests.billing.api.caller import Api
from tests.billing.api.shop import Shop, make_client, make_product, pay, place, work


def _grow(admin: Api, shop: Shop, start: int, count: int) -> None:
    for number in range(start, start + count):
        pay(admin, place(admin, shop, ip=f"192.0.2.{number + 1}"))
        Server.objects.create(name=f"s{number}", hostname="my.ispmanager.ru", username=str(number), password="x")
        ServerGroup.objects.create(name=f"g{number}").servers.set(Server.objects.all())
        make_client(f"client{number}@example.com")
        make_product(shop.group, name=f"Product {number}")
    work()


@pytest.mark.parametrize("caller", ["admin", "anna"])
def test_lists_cost_the_same_with_three_rows_and_with_thirty(
    admin: Api, anna: Api, shop: Shop, caller: str, request: pytest.FixtureRequest
) -> None:
    api: Api = request.getfixturevalue(caller)
    own = ("clients", "orders", "invoices", "services", "operations")
    lists = own if caller == "anna" else ("servers", "server-groups", "product-groups", "products", *own)
    _grow(admin, shop, 0, 3)
    few = {name: _count(api, name) for name in lists}
    _grow(admin, shop, 3, 27)
    many = {name: _count(api, name) for name in lists}
    assert many == few
    assert max(many.values()) <= 9
    assert api.get("services/")["count"] == 30


def _count(api: Api, name: str) -> int:
    api.get(f"{name}/")  # what is read once a process, and the hourly mark of the key's use
    with CaptureQueriesContext(
        connection,
    ) as captured:
        api.get(f"{name}/")
    return len(captured)
