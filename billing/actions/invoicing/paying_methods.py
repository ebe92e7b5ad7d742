"""How a client means to pay an invoice: changed as often as they like until it is paid."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.locking import lock_invoice
from billing.actions.payments.checking import check_payable
from billing.models import Invoice
from billing.queries.pages_payment import invoice_methods


class PaymentMethodInvalid(Exception):
    """Invoices cannot be paid so; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def find_method_fault(method: str) -> str:
    """Why invoices cannot be paid by a method, "" where they can. Credit pays at once, it is no method of its own."""
    return "" if method in dict(invoice_methods()) else _("Unknown payment method.")


def change_payment_method(*, invoice: Invoice, method: str, actor: str, now: datetime) -> Invoice:
    """Sets how an invoice is to be paid. Raises PaymentMethodInvalid, InvoiceNotPayable."""
    if fault := find_method_fault(method):
        raise PaymentMethodInvalid({"payment_method": [fault]})
    with transaction.atomic():
        locked = lock_invoice(invoice)
        check_payable(locked)
        if locked.payment_method != method:
            data = {"from": locked.payment_method, "to": method}
            locked.payment_method = method
            locked.save(update_fields=["payment_method"])
            record_event("invoice.method_changed", now=now, actor=actor, invoice=locked, data=data)
    return locked
