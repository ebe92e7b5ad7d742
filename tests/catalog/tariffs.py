"""A price list that an account has read, and what an operator asks for."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from catalog.actions.tariff_products import create_tariff_products
from catalog.markups import Markup
from catalog.models import Currency, Product, ProductGroup, Rounding
from catalog.queries_tariffs import SaleCurrency, Wishes, digest_of, plan_products
from noc.models import PriceListEntry, Server

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def list_tariff(
    server: Server, tariff_id: str, name: str, *, kind: str = "license", currency: str = "EUR", **prices: str
) -> PriceListEntry:
    """`m1="4.00", m12="44"`: months → cost."""
    return PriceListEntry.objects.create(
        server=server,
        kind=kind,
        tariff_id=tariff_id,
        name=name,
        currency=currency,
        prices={code.removeprefix("m"): cost for code, cost in prices.items()},
        read_at=NOW,
    )


def sale(code: str, *, percent: str = "50", fixed: str = "0", rounding: str = Rounding.NONE) -> SaleCurrency:
    return SaleCurrency(Currency.objects.get(code=code), Markup(Decimal(percent), Decimal(fixed), rounding))


def wishes(server: Server, group: ProductGroup, *tariff_ids: str, **changes: Any) -> Wishes:
    values: dict[str, Any] = {
        "server": server,
        "tariff_ids": tariff_ids,
        "group": group,
        "server_group": None,
        "cycles": ["MONTHLY", "ANNUALLY"],
        "currencies": (sale("EUR"),),
        "rates": {},
        **changes,
    }
    return Wishes(**values)


def create(wanted: Wishes, *, token: str = "form-1") -> list[Product]:
    """Creates what its own plan shows."""
    return create_tariff_products(wishes=wanted, token=token, seen=digest_of(wanted, plan_products(wanted)), now=NOW)
