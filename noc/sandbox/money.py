"""How the partner writes amounts. Amounts are `Decimal` with at most two places; nothing is rounded here."""

from decimal import Decimal

NBSP = "\u00a0"
AMOUNT_STYLES = ("plain", "currency", "nbsp", "comma", "nbsp_comma")


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


def in_style(amount: Decimal, currency: str, style: str) -> str:
    """The amount in one of AMOUNT_STYLES."""
    if style == "plain":
        return plain(amount)
    text = with_currency(amount, currency, nbsp=style.startswith("nbsp"))
    return text.replace(".", ",") if style.endswith("comma") else text
