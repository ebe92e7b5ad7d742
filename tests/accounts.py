"""A partner account with many services that both sides agree on."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx

from billing.models import Order, OrderLine, Service, ServiceField
from billing.queries.clock import business_date, database_now
from catalog.models import Product
from noc.sandbox.server import Sandbox
from tests.builders import World


def seed(sandbox: Sandbox, **item: Any) -> list[str]:
    """Items at the partner that nobody ordered; their numbers."""
    answer = httpx.post(f"{sandbox.url}/admin/items", json=item).raise_for_status()
    return [str(number) for number in answer.json()["ids"]]


def change_item(sandbox: Sandbox, remote_id: str, **changes: Any) -> None:
    """What somebody does at the partner behind our back."""
    httpx.post(f"{sandbox.url}/admin/items", json={"id": int(remote_id), **changes}).raise_for_status()


def misbehave(sandbox: Sandbox, name: str, **options: Any) -> None:
    """Switches a fault of the partner on."""
    httpx.post(f"{sandbox.url}/admin/faults", json={"name": name, **options}).raise_for_status()


def items_at(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """Everything at the partner, by number."""
    items = httpx.get(f"{sandbox.url}/admin/state?charges=0").json()["items"]
    return {str(item["id"]): item for item in items}


def calls_of(sandbox: Sandbox) -> list[str]:
    """The functions that were called, in their order, by the partner's own log."""
    return [entry["func"] for entry in httpx.get(f"{sandbox.url}/admin/log").json()["entries"]]


def make_services(
    world: World, sandbox: Sandbox, count: int, *, product: Product | None = None, **item: Any
) -> list[Service]:
    """Active services, paid until the partner's end date, each with everything that a form shows."""
    product = product or world.lite
    until = business_date(database_now()) + timedelta(days=20)
    seeded = {"pricelist": int(product.tariff_id), "expiredate": until.isoformat(), "licname": "web", **item}
    numbers = seed(sandbox, count=count, **seeded)
    items = items_at(sandbox)
    order = Order.objects.create(
        number=f"T{numbers[0]}",
        client=world.client,
        payment_method="bank_transfer",
        currency_id="EUR",
        total=0,
        checkout_key=f"many-{numbers[0]}",
        placed_at=database_now(),
    )
    line = OrderLine.objects.create(
        order=order, product=product, cycle="MONTHLY", quantity=count, description=product.name, unit_price=5
    )
    services = Service.objects.bulk_create(
        [_service(world, product, line, items[number], until) for number in numbers], batch_size=1000
    )
    _fill_fields(product, services, items)
    return services


def _service(world: World, product: Product, line: OrderLine, item: dict[str, Any], until: date) -> Service:
    return Service(
        client=world.client,
        order_line=line,
        product=product,
        status="ACTIVE",
        cycle="MONTHLY",
        currency_id="EUR",
        first_amount=5,
        recurring_amount=Decimal(50),
        registered_on=date.fromisoformat(str(item["createdate"])),
        anchor_day=1,
        next_due_date=until,
        paid_until=until,
        expires_on=date.fromisoformat(str(item["expiredate"])),
        module="ispmanager_noc",
        kind=product.kind,
        tariff_id=product.tariff_id,
        server=world.server,
        remote_id=str(item["id"]),
        remote_status=2,
        dedicated_ip=item.get("ip"),
    )


def _fill_fields(product: Product, services: list[Service], items: dict[str, dict[str, Any]]) -> None:
    fields = {field.key: field for field in product.custom_fields.all()}
    rows = []
    for service in services:
        item = items[service.remote_id]
        values = {"order_id": service.remote_id, **{key: str(item[key]) for key in fields if item.get(key)}}
        for key, value in values.items():
            if key in fields:
                kept = "secret_value" if fields[key].is_secret else "plain_value"
                rows.append(ServiceField(service=service, field=fields[key], **{kept: value}))
    ServiceField.objects.bulk_create(rows, batch_size=1000)
