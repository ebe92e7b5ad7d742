"""What can take money: one file a gateway. Those without a file of their own are operated by people."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from billing.gateways.base import Gateway, Manual
from billing.gateways.stripe import Stripe
from billing.gateways.yookassa import YooKassa

BANK_TRANSFER: Final = "bank_transfer"
CREDIT: Final = "credit"
MANUAL: Final = "manual"

ONLINE: Final[dict[str, Gateway]] = {gateway.code: gateway for gateway in (Stripe(), YooKassa())}
# Gateways that give money back themselves; for the others an operator records that it was done.
REFUNDING: Final[frozenset[str]] = frozenset(ONLINE)
BY_PEOPLE: Final[dict[str, Manual]] = {
    gateway.code: gateway
    for gateway in (Manual(BANK_TRANSFER, _("Bank transfer")), Manual(MANUAL, _("Recorded by hand")))
}


def get_gateway(code: str) -> Gateway | None:
    """The gateway that takes money by itself; None for those that people operate."""
    return ONLINE.get(code)


def can_refund(gateway: str) -> bool:
    """Whether a refund can be asked of a gateway; a worker asks it and tells `confirm_refund` or `fail_refund`."""
    return gateway in REFUNDING
