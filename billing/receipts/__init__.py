"""Fiscal receipts (54-FZ) of payments and refunds in rubles: whatever was discounted, credited or paid before, a
receipt adds up to its payment to the kopeck."""

from billing.receipts.receipt import (
    Receipt,
    ReceiptCustomer,
    ReceiptImpossible,
    ReceiptItem,
    receipt_from_yookassa,
)
from billing.receipts.writing import receipt_for_payment, receipt_for_refund

__all__ = [
    "Receipt",
    "ReceiptCustomer",
    "ReceiptImpossible",
    "ReceiptItem",
    "receipt_for_payment",
    "receipt_for_refund",
    "receipt_from_yookassa",
]
