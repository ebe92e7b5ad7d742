"""A small shop, and the way from an order to a license."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.actions.accounts import save_account
from billing.actions.clients import register_client
from billing.actions.provisioning import run_operation
from billing.models import Client, Operation
from billing.queries.clock import database_now
from catalog.actions.products import PriceValues, create_product
from catalog.models import Currency, Product, ProductGroup
from noc.models import Server
from tests.billing.api.caller import Api
from tests.kept_scenes import kept_scene

LITE = "55227"
PASSWORD = "sandbox-password"
IP = "192.0.2.10"


@dataclass(frozen=True)
class Shop:
    server: Server
    group: ProductGroup
    product: Product
    client: Client

    def order_body(self, *, ip: str = IP, **changes: Any) -> dict[str, Any]:
        item = {"product": self.product.pk, "cycle": "MONTHLY", "fields": {"licname": "web", "ip": ip}}
        return {"client": self.client.pk, "payment_method": "bank_transfer", "items": [item], **changes}


@kept_scene
def make_shop(url: str) -> Shop:
    now = database_now()
    login = {"name": "eu", "hostname": url, "username": "reseller", "password": PASSWORD}
    server = save_account(values=login, actor="test", now=now)
    group = ProductGroup.objects.create(name="Licenses", slug="licenses")
    return Shop(server, group, make_product(group), make_client("anna@example.com"))


def make_product(group: ProductGroup, **changes: Any) -> Product:
    is_free = changes.get("payment_type") == "FREE"
    price = PriceValues(Currency.objects.get(code="EUR"), "MONTHLY", Decimal("15"), Decimal("2.50"))
    values = {"group": group, "name": "ispmanager lite", "module": "ispmanager_noc", "tariff_id": LITE, **changes}
    return create_product(values=values, prices=[] if is_free else [price])


def make_client(email: str, **changes: Any) -> Client:
    return register_client(
        email=email,
        first_name="Anna",
        last_name="Berg",
        country="DE",
        currency=Currency.objects.get(code="EUR"),
        now=database_now(),
        **changes,
    )


def place(api: Api, shop: Shop, *, key: str = "", **changes: Any) -> Any:
    headers = {"Idempotency_Key": key} if key else {}
    return api.post("orders/", shop.order_body(**changes), expect=201, **headers)


def pay(api: Api, order: Any, **changes: Any) -> Any:
    invoice = api.get(f"invoices/{order['invoice']}/")
    body = {"gateway": "manual", "amount": invoice["balance"], "reference": f"bank-{invoice['id']}", **changes}
    return api.post(f"invoices/{invoice['id']}/payments/", body, expect=201)


def work() -> None:
    """What a worker does for every operation that waits."""
    for operation in Operation.objects.filter(status="QUEUED").order_by("id"):
        run_operation(operation_id=operation.pk, clock=database_now)


def buy(api: Api, shop: Shop, **changes: Any) -> int:
    """An active service, bought over the API; its id."""
    order = place(api, shop, **changes)
    pay(api, order)
    work()
    service_id: int = order["services"][0]
    return service_id
