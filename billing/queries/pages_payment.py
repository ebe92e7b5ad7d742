"""Ways to pay, as pages offer them."""

from decimal import Decimal
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import Client

CREDIT: Final = "credit"
BANK_TRANSFER: Final = "bank_transfer"
METHOD_LABELS: Final[dict[str, str | Promise]] = {CREDIT: _("Credit balance"), BANK_TRANSFER: _("Bank transfer")}


def payment_methods(client: Client | None, *, total: Decimal) -> list[tuple[str, str | Promise]]:
    """(code, label) of what this client can pay `total` with; credit first, where it is enough."""
    codes = [BANK_TRANSFER]
    if client is not None and total > 0 and client.credit_balance >= total:
        codes.insert(0, CREDIT)
    return [(code, METHOD_LABELS[code]) for code in codes]


def invoice_methods() -> list[tuple[str, str | Promise]]:
    """(code, label) of what an invoice can be set to be paid by; credit is used at once instead."""
    return [(code, label) for code, label in METHOD_LABELS.items() if code != CREDIT]
