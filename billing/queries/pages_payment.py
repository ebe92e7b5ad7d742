"""Ways to pay, as pages offer them."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import Client
from billing.queries.payment_methods import closed_methods
from catalog.models import Product

CREDIT: Final = "credit"
BANK_TRANSFER: Final = "bank_transfer"
METHOD_LABELS: Final[dict[str, str | Promise]] = {CREDIT: _("Credit balance"), BANK_TRANSFER: _("Bank transfer")}
# What pages offer besides credit.
_OFFERED: Final = (BANK_TRANSFER,)


def invoice_methods() -> list[tuple[str, str | Promise]]:
    """(code, label) of what an invoice can be set to be paid by; credit is used at once instead."""
    return [(code, label) for code, label in METHOD_LABELS.items() if code != CREDIT]


@dataclass(frozen=True, slots=True)
class PaymentOffer:
    """How `total` can be paid: `methods` are (code, label), `credit` is what the client's balance gives, 0 for none."""

    total: Decimal
    methods: tuple[tuple[str, str | Promise], ...]
    credit: Decimal

    @property
    def rest(self) -> Decimal:
        """What the credit leaves to pay."""
        return self.total - self.credit

    @property
    def is_impossible(self) -> bool:
        """Whether there is something to pay and no way to pay all of it."""
        return self.rest > 0 and not self.methods


def payment_offer(client: Client | None, products: Iterable[Product], *, total: Decimal) -> PaymentOffer:
    """What an order of `products` can be paid with: what a group of one of them switches off is left out."""
    closed = closed_methods(products)
    credit = min(client.credit_balance, total) if client is not None and CREDIT not in closed else Decimal(0)
    return PaymentOffer(total, tuple((code, METHOD_LABELS[code]) for code in _OFFERED if code not in closed), credit)
