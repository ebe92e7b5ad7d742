"""What can take money: one file a gateway. Those without a file of their own are operated by people."""

from typing import Final

# Gateways that give money back themselves when they are asked; for the others an operator records that it was done.
REFUNDING: Final[frozenset[str]] = frozenset()


def can_refund(gateway: str) -> bool:
    """Whether a refund can be asked of a gateway; it answers by `confirm_refund` or `fail_refund`."""
    return gateway in REFUNDING
