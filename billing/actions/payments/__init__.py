"""Step ③: money that arrives for invoices, and the client's credit."""

from billing.actions.payments.checking import (
    GATEWAYS,
    InvoiceNotPayable,
    NotEnoughCredit,
    PaymentConflict,
    PaymentInvalid,
)
from billing.actions.payments.crediting import (
    add_credit,
    apply_credit,
    pay_with_credit,
    take_credit,
    take_credit_back,
)
from billing.actions.payments.receiving import record_payment
from billing.actions.payments.settling import settle_empty_invoice
from billing.gateways import CREDIT

__all__ = [
    "CREDIT",
    "GATEWAYS",
    "InvoiceNotPayable",
    "NotEnoughCredit",
    "PaymentConflict",
    "PaymentInvalid",
    "add_credit",
    "apply_credit",
    "pay_with_credit",
    "record_payment",
    "settle_empty_invoice",
    "take_credit",
    "take_credit_back",
]
