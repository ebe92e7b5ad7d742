"""What a cash register would refuse of a receipt."""

from decimal import Decimal, InvalidOperation
from typing import Any, Final

from tests.standins.yookassa.problems import invalid

VAT_CODES: Final = range(1, 13)
TAX_SYSTEMS: Final = range(1, 7)
MODES: Final = frozenset(
    ("full_prepayment", "partial_prepayment", "advance", "full_payment", "partial_payment", "credit", "credit_payment")
)
SUBJECTS: Final = frozenset(
    ("commodity", "excise", "job", "service", "payment", "intellectual_activity", "agent_commission", "another")
)
MOST_ITEMS: Final = 100
LONGEST_DESCRIPTION: Final = 128


def read_amount(amount: Any, parameter: str) -> Decimal:
    """{value, currency} as rubles. Raises Refused."""
    if not isinstance(amount, dict) or set(amount) != {"value", "currency"}:
        raise invalid("Amount is missing or has unknown fields", parameter)
    if amount["currency"] != "RUB":
        raise invalid("Currency is not supported", f"{parameter}.currency")
    try:
        value = Decimal(str(amount["value"]))
    except InvalidOperation as error:
        raise invalid("Amount value is not a number", f"{parameter}.value") from error
    if not value.is_finite() or value <= 0 or value != value.quantize(Decimal("0.01")):
        raise invalid("Amount value must be above zero and have at most two decimals", f"{parameter}.value")
    return value


def check_receipt(receipt: Any, total: Decimal) -> None:
    """Raises Refused unless the receipt is complete and its items add up to `total`."""
    if not isinstance(receipt, dict) or not receipt.get("items"):
        raise invalid("Receipt has no items", "receipt.items")
    customer = receipt.get("customer") or {}
    if not customer.get("email") and not customer.get("phone"):
        raise invalid("Receipt needs the customer's email or phone", "receipt.customer")
    if (phone := customer.get("phone")) and not (phone.isdigit() and 10 <= len(phone) <= 15):
        raise invalid("Phone must be digits of E.164", "receipt.customer.phone")
    if receipt.get("tax_system_code", 1) not in TAX_SYSTEMS:
        raise invalid("Unknown tax system", "receipt.tax_system_code")
    items = receipt["items"]
    if len(items) > MOST_ITEMS:
        raise invalid("Too many items", "receipt.items")
    found = sum((_read_item(item, f"receipt.items[{index}]") for index, item in enumerate(items)), Decimal(0))
    if found != total:
        raise invalid(f"Receipt amount {found} does not match {total}", "receipt")


def _read_item(item: dict[str, Any], parameter: str) -> Decimal:
    if not 1 <= len(str(item.get("description", ""))) <= LONGEST_DESCRIPTION:
        raise invalid("Description must have 1 to 128 characters", f"{parameter}.description")
    if item.get("vat_code") not in VAT_CODES:
        raise invalid("Unknown VAT code", f"{parameter}.vat_code")
    if item.get("payment_mode") not in MODES:
        raise invalid("Unknown payment mode", f"{parameter}.payment_mode")
    if item.get("payment_subject") not in SUBJECTS:
        raise invalid("Unknown payment subject", f"{parameter}.payment_subject")
    try:
        quantity = Decimal(str(item.get("quantity", "")))
    except InvalidOperation as error:
        raise invalid("Quantity is not a number", f"{parameter}.quantity") from error
    if quantity <= 0:
        raise invalid("Quantity must be above zero", f"{parameter}.quantity")
    return read_amount(item.get("amount"), f"{parameter}.amount") * quantity
