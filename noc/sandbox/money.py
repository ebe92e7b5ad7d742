"""How the partner writes amounts. Amounts are `Decimal` with at most two places; nothing is rounded here."""

from decimal import Decimal

NBSP = "\u00a0"


def plain(amount: Decimal) -> str:
    """`1234.50`."""
    return f"{amount:.2f}"


def exact(amount: Decimal) -> str:
    """`4.0000`, as lists and the price list write costs."""
    return f"{amount:.4f}"


def with_currency(amount: Decimal, currency: str, *, nbsp: bool = False) -> str:
    """`1 234.50 RUB`, the spaces being no-break ones when `nbsp`."""
    space = NBSP if nbsp else " "
    return f"{amount:,.2f}".replace(",", space) + space + currency
