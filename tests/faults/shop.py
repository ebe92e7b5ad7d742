"""What is sold in the tests with real processes, and how it is bought: paid at once, numbered addresses."""

from decimal import Decimal
from typing import Any

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.ordering import place_order
from billing.actions.payments import record_payment
from billing.models import Client, Service
from billing.queries.clock import database_now
from catalog.actions.products import create_product
from catalog.checks import PriceValues
from catalog.models import Currency, Product, ProductGroup


def make_product(*, tariff_id: str, name: str, **changes: Any) -> Product:
    """Something of the partner's, for 5 EUR a month, bought once it is paid."""
    values = {
        "group": ProductGroup.objects.get(slug="licenses"),
        "name": name,
        "module": "ispmanager_noc",
        "tariff_id": tariff_id,
        "payment_type": "RECURRING",
        "auto_setup": "PAYMENT",
        **changes,
    }
    return create_product(values=values, prices=[PriceValues(Currency.objects.get(code="EUR"), "MONTHLY", Decimal(5))])


def address(number: int) -> str:
    """An IP for each number."""
    return f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"


def buy(client: Client, product: Product, number: int, **fields: str) -> Service:
    """The paid order number `number`; a license gets the address of that number unless fields say otherwise."""
    now = database_now()
    order = place_order(
        checkout=Checkout(
            client=client,
            items=[ItemRequest(product, "MONTHLY", 1, fields or {"ip": address(number)})],
            payment_method="bank_transfer",
            key=f"order-{number}",
        ),
        actor="test",
        now=now,
    )
    record_payment(
        invoice=order.invoice, gateway="manual", reference=f"order-{number}", amount=order.total, actor="test", now=now
    )
    return Service.objects.get(order_line__order=order)
