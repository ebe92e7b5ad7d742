"""What a fiscal receipt says, and its shape in the YooKassa API. It reads no database and no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

CURRENCY: Final = "RUB"
LONGEST_DESCRIPTION: Final = 128
MOST_ITEMS: Final = 100
_KOPECKS: Final = 100


class ReceiptImpossible(Exception):
    """No receipt can be written; `reason` says why in words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ReceiptCustomer:
    """Who gets the receipt: at least one of `email` and `phone` (digits only, country first) is there."""

    email: str = ""
    phone: str = ""
    full_name: str = ""
    inn: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptItem:
    """One position: `quantity` times `price` kopecks, tax included, is exactly its `total`."""

    description: str
    price: int
    vat_code: int
    payment_subject: str
    payment_mode: str
    quantity: int = 1

    @property
    def total(self) -> int:
        """In kopecks."""
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt over what its items add up to. `tax_system_code`: None where the cash register knows it itself."""

    customer: ReceiptCustomer
    items: tuple[ReceiptItem, ...]
    tax_system_code: int | None = None
    measure: str = ""

    @property
    def amount(self) -> Decimal:
        """In rubles, with two decimals."""
        return rubles(sum(item.total for item in self.items))

    def to_yookassa(self) -> dict[str, Any]:
        """The `receipt` object of a payment or refund."""
        customer = self.customer
        known = {
            "full_name": customer.full_name,
            "inn": customer.inn,
            "email": customer.email,
            "phone": customer.phone,
        }
        receipt: dict[str, Any] = {
            "customer": {name: value for name, value in known.items() if value},
            "items": [self._item(item) for item in self.items],
        }
        if self.tax_system_code is not None:
            receipt["tax_system_code"] = self.tax_system_code
        return receipt

    def _item(self, item: ReceiptItem) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "description": item.description,
            "quantity": f"{item.quantity}.00",
            "amount": {"value": str(rubles(item.price)), "currency": CURRENCY},
            "vat_code": item.vat_code,
            "payment_subject": item.payment_subject,
            "payment_mode": item.payment_mode,
        }
        return shown | ({"measure": self.measure} if self.measure else {})


def receipt_from_yookassa(payload: Mapping[str, Any]) -> Receipt:
    """What `Receipt.to_yookassa` gave, read back. Raises KeyError, ValueError for anything else."""
    known = payload["customer"]
    items = tuple(
        ReceiptItem(
            description=item["description"],
            price=kopecks(Decimal(item["amount"]["value"])),
            vat_code=item["vat_code"],
            payment_subject=item["payment_subject"],
            payment_mode=item["payment_mode"],
            quantity=int(Decimal(item["quantity"])),
        )
        for item in payload["items"]
    )
    return Receipt(
        customer=ReceiptCustomer(**{name: known.get(name, "") for name in ReceiptCustomer.__slots__}),
        items=items,
        tax_system_code=payload.get("tax_system_code"),
        measure=payload["items"][0].get("measure", "") if items else "",
    )


def rubles(amount: int) -> Decimal:
    """Kopecks as an amount of money."""
    return Decimal(amount).scaleb(-2)


def kopecks(amount: Decimal) -> int:
    """An amount of money in kopecks. Raises ValueError for a part of a kopeck."""
    whole = amount * _KOPECKS
    if whole != whole.to_integral_value():
        raise ValueError(f"Not whole kopecks: {amount}")
    return int(whole)
