"""Products as an operator would make them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from billing.models import Client, Order, OrderLine, Service
from catalog.actions.products import OptionValues, PriceValues, create_product, update_product
from catalog.models import Currency, Product, ProductGroup

LITE = "55227"
BUSINESS = "55230"
TRIAL = "55239"
BITNINJA = "55371"
DDOS_GUARD = "23221"
DRWEB = "55361"
CLOUDLINUX = "9203"


def price(cycle: str, amount: str, *, currency: str = "EUR", setup_fee: str = "0") -> PriceValues:
    return PriceValues(Currency.objects.get(code=currency), cycle, Decimal(amount), Decimal(setup_fee))


def values(group: ProductGroup, **changes: Any) -> dict[str, Any]:
    return {
        "group": group,
        "name": "ispmanager lite",
        "module": "ispmanager_noc",
        "tariff_id": LITE,
        "payment_type": "RECURRING",
        **changes,
    }


def make_product(group: ProductGroup, *, prices: list[PriceValues] | None = None, **changes: Any) -> Product:
    is_free = changes.get("payment_type") == "FREE"
    usual = [] if is_free else [price("MONTHLY", "5.00")]
    return create_product(values=values(group, **changes), prices=usual if prices is None else prices)


def make_business(group: ProductGroup, *amounts: PriceValues, **changes: Any) -> Product:
    """ispmanager business whose additional servers cost `amounts`."""
    product = make_product(group, **{"name": "ispmanager business", "tariff_id": BUSINESS, **changes})
    return update_product(product=product, values={}, options=[OptionValues("nodes", prices=amounts)])


def make_plain_product(group: ProductGroup, **changes: Any) -> Product:
    """One that no module stands behind."""
    return make_product(group, **{"module": "", "tariff_id": "", "name": "Consulting", **changes})


def make_service(product: Product) -> Service:
    """A service that a client has of `product`."""
    currency = Currency.objects.get(code="EUR")
    client = Client.objects.create(email="anna@example.com", first_name="Anna", last_name="Berg", currency=currency)
    order = Order.objects.create(
        number="1",
        client=client,
        payment_method="manual",
        currency=currency,
        total=5,
        checkout_key="1",
        placed_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    line = OrderLine.objects.create(
        order=order, product=product, cycle="MONTHLY", description=product.name, unit_price=5
    )
    return Service.objects.create(
        client=client,
        order_line=line,
        product=product,
        cycle="MONTHLY",
        currency=currency,
        first_amount=5,
        registered_on=date(2026, 3, 1),
        anchor_day=1,
    )
