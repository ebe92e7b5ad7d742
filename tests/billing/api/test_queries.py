"""Lists cost the same number of queries whatever their length."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from noc.models import Server, ServerGroup
from tests.billing.api.caller import Api
from tests.billing.api.shop import Shop, make_client, make_product, pay, place, work

OWN = ("clients", "orders", "invoices", "services", "operations")


def _grow(admin: Api, shop: Shop, start: int, count: int) -> None:
    for number in range(start, start + count):
        pay(admin, place(admin, shop, ip=f"192.0.2.{number + 1}"))
        Server.objects.create(name=f"s{number}", hostname="my.ispmanager.ru", username=str(number), password="x")
        ServerGroup.objects.create(name=f"g{number}").servers.set(Server.objects.all())
        make_client(f"client{number}@example.com")
        make_product(shop.group, name=f"Product {number}")
    work()


def test_lists_cost_the_same_with_three_rows_and_with_ten(admin: Api, anna: Api, shop: Shop) -> None:
    own = [(anna, name) for name in OWN]
    everything = [(admin, name) for name in ("servers", "server-groups", "product-groups", "products", *OWN)]
    _grow(admin, shop, 0, 3)
    few = [(name, _count(api, name)) for api, name in own + everything]
    _grow(admin, shop, 3, 7)
    many = [(name, _count(api, name)) for api, name in own + everything]
    assert many == few
    assert max(queries for _name, queries in many) <= 9
    assert [api.get("services/")["count"] for api in (anna, admin)] == [10, 10]


def _count(api: Api, name: str) -> int:
    api.get(f"{name}/")  # what is read once a process, and the hourly mark of the key's use
    with CaptureQueriesContext(
        connection,
    ) as captured:
        api.get(f"{name}/")
    return len(captured)
