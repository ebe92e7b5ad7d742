"""What the simulated reseller sells, to whom, and by which rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from billing.actions.accounts import save_account
from billing.actions.automation_settings import save_automation_settings
from billing.actions.clients import register_client
from billing.models import Client, Promotion, TaxRule
from catalog.actions.products import PriceValues, create_product
from catalog.models import Currency, Product, ProductGroup
from noc.sandbox.server import Sandbox

ACTOR = "simulation"
PRICES: Mapping[str, Decimal] = {
    "MONTHLY": Decimal("5.00"),
    "QUARTERLY": Decimal("13.99"),
    "SEMIANNUALLY": Decimal("27.50"),
    "ANNUALLY": Decimal("49.90"),
}
CYCLE_WEIGHTS = {"MONTHLY": 50, "QUARTERLY": 20, "SEMIANNUALLY": 15, "ANNUALLY": 15}
# What the partner sells licenses for.
LICENSE_CYCLES = ("MONTHLY", "ANNUALLY")
TERMINATE_DAYS, INVOICE_DAYS, LATE_FEE_DAYS = 30, 14, 10
OLD_RATE, NEW_RATE = Decimal(19), Decimal(21)
TAXED_COUNTRY = "DE"
PLENTY = Decimal(10_000_000)


@dataclass(frozen=True)
class Shop:
    """Products with how often each is ordered; `new_rate_from`: the day on which the tax changes."""

    clients: list[Client]
    products: list[Product]
    weights: list[int]
    codes: list[str]
    new_rate_from: date


def open_shop(sandbox: Sandbox, *, clients: int, start: date, days: int, now: datetime, dice: Random) -> Shop:
    """Everything that is there before the first order."""
    with sandbox.state.lock:
        sandbox.state.accounts["reseller"].balance = PLENTY
    login = {"hostname": sandbox.url, "username": "reseller", "password": "sandbox-password"}
    save_account(values={"name": "Partner", "max_accounts": 100_000, **login}, actor=ACTOR, now=now)
    values = {"terminate_days": TERMINATE_DAYS, "invoice_days": INVOICE_DAYS, "late_fee_days": LATE_FEE_DAYS}
    save_automation_settings(values=values, actor=ACTOR, now=now)
    new_rate_from = start + timedelta(days=days // 2)
    tax = {"name": "VAT", "country": TAXED_COUNTRY}
    TaxRule.objects.create(rate=OLD_RATE, valid_until=new_rate_from - timedelta(days=1), **tax)
    TaxRule.objects.create(rate=NEW_RATE, valid_from=new_rate_from, **tax)
    products, weights = zip(*_make_products(), strict=True)
    made = [_make_client(number, now=now, dice=dice) for number in range(clients)]
    return Shop(made, list(products), list(weights), _codes(), new_rate_from)


def _make_products() -> list[tuple[Product, int]]:
    group = ProductGroup.objects.create(name="Everything", slug="everything")
    license = {"module": "ispmanager_noc", "tariff_id": "55227"}
    rows: tuple[tuple[str, int, Mapping[str, Any]], ...] = (
        ("Hosting", 45, {}),
        ("ispmanager lite", 35, license),
        ("Limited hosting", 6, {"recurring_limit": 3}),
        ("Project hosting", 6, {"fixed_term_days": 100}),
        ("Server of the month", 8, {"is_prorata": True, "prorata_day": 1, "prorata_next_after": 20}),
    )
    return [(_make_product(group, name, values), weight) for name, weight, values in rows]


def _make_product(group: ProductGroup, name: str, values: Mapping[str, Any]) -> Product:
    euro = Currency.objects.get(code="EUR")
    cycles = LICENSE_CYCLES if "module" in values else tuple(PRICES)
    prices = [PriceValues(euro, cycle, PRICES[cycle], Decimal("2.50")) for cycle in cycles]
    common = {"group": group, "name": name, "payment_type": "RECURRING", "auto_setup": "PAYMENT", "module": ""}
    return create_product(values={**common, **values}, prices=prices)


def _make_client(number: int, *, now: datetime, dice: Random) -> Client:
    return register_client(
        email=f"client{number}@example.com",
        first_name="Anna",
        last_name=f"Berg {number}",
        country=dice.choices((TAXED_COUNTRY, "CH"), (7, 3))[0],
        currency=Currency.objects.get(code="EUR"),
        now=now,
    )


def _codes() -> list[str]:
    euro = Currency.objects.get(code="EUR")
    Promotion.objects.create(code="TWENTY", type="PERCENT", value=20, is_recurring=True, renewals=2)
    Promotion.objects.create(code="THREE", type="FIXED", value=3, currency=euro)
    Promotion.objects.create(code="ALWAYS", type="PERCENT", value=10, is_recurring=True)
    Promotion.objects.create(code="GIFT", type="PERCENT", value=100, is_recurring=True, renewals=1, max_uses=40)
    return ["TWENTY", "THREE", "ALWAYS", "GIFT"]
