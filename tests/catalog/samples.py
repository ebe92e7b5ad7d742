"""Products as an operator would make them."""

from decimal import Decimal
from typing import Any

from catalog.actions.products import PriceValues, create_product
from catalog.models import Currency, Product, ProductGroup

LITE = "55227"
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


def make_plain_product(group: ProductGroup, **changes: Any) -> Product:
    """One that no module stands behind."""
    return make_product(group, **{"module": "", "tariff_id": "", "name": "Consulting", **changes})
