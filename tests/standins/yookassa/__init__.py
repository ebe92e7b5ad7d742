"""Takes the place of the YooKassa API (v3): payments, refunds, receipts, saved cards, notifications, and faults."""

from tests.standins.yookassa.server import YooKassa

__all__ = ["YooKassa"]
