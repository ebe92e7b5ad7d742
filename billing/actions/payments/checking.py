"""What cannot be paid, and why, in words."""

from decimal import Decimal
from typing import Final

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.gateways import BANK_TRANSFER, MANUAL, ONLINE
from billing.models import Invoice, InvoiceKind, InvoiceStatus
from catalog.money import format_money

GATEWAYS: Final = (MANUAL, BANK_TRANSFER, *ONLINE)
LONGEST_REFERENCE: Final = 200
LONGEST_REASON: Final = 255
TOO_MUCH: Final = Decimal(10) ** 12


class InvoiceNotPayable(Exception):
    """The invoice awaits no money, or not in this way."""


class PaymentInvalid(Exception):
    """The payment is malformed; `errors` maps fields to messages."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = errors


class PaymentConflict(Exception):
    """This gateway reference stands for another payment already."""


class NotEnoughCredit(Exception):
    """The client's credit does not cover this."""


def find_amount_faults(amount: Decimal, *, precision: int) -> list[str]:
    """Why an amount of money cannot be; [] where it can."""
    if not amount.is_finite() or amount <= 0:
        return [_("Enter an amount above zero.")]
    return find_size_faults(amount, precision=precision)


def find_size_faults(amount: Decimal, *, precision: int) -> list[str]:
    """More decimals than the currency has, or more than a column holds."""
    exponent = amount.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or abs(amount) >= TOO_MUCH:
        return [_("This amount is too large.")]
    if exponent < -precision:
        return [_("This currency has at most %(count)s decimals.") % {"count": precision}]
    return []


def find_reason_fault(reason: str) -> str:
    """Why a reason does not do, "" where it does: corrections are read again years later."""
    if reason.strip() and len(reason) <= LONGEST_REASON:
        return ""
    return _("Say why, in at most %(count)s characters.") % {"count": LONGEST_REASON}


def check_payment(
    invoice: Invoice, *, gateway: str, reference: str, amount: Decimal, fee: Decimal, currency: str | None
) -> None:
    """Raises PaymentInvalid, with every wrong field at once."""
    precision = invoice.currency.precision
    errors: dict[str, list[str]] = {}
    if gateway not in GATEWAYS:
        errors["gateway"] = [_("Unknown gateway.")]
    if not reference.strip() or len(reference) > LONGEST_REFERENCE or "\x00" in reference:
        errors["reference"] = [_("Enter the reference of the payment, at most 200 characters.")]
    if faults := find_amount_faults(amount, precision=precision):
        errors["amount"] = faults
    if faults := _find_fee_faults(fee, amount, precision=precision):
        errors["fee"] = faults
    if currency is not None and currency != invoice.currency_id:
        words = _("Invoice %(number)s is in %(currency)s; money in another currency cannot pay it.")
        errors["currency"] = [words % {"number": invoice.display_number, "currency": invoice.currency_id}]
    if errors:
        raise PaymentInvalid(errors)


def _find_fee_faults(fee: Decimal, amount: Decimal, *, precision: int) -> list[str]:
    if not fee.is_finite() or fee < 0:
        return [_("Enter zero or more.")]
    if fee and amount.is_finite() and fee > amount:
        return [_("The fee is more than the payment.")]
    return find_size_faults(fee, precision=precision)


def check_payable(invoice: Invoice) -> None:
    """Raises InvoiceNotPayable unless money is awaited."""
    if not invoice.is_payable:
        raise InvoiceNotPayable(not_payable_words(invoice))


def check_payable_by_credit(invoice: Invoice) -> None:
    """Raises InvoiceNotPayable; what becomes credit itself is not paid with credit."""
    check_payable(invoice)
    if invoice.kind != InvoiceKind.SALE:
        raise InvoiceNotPayable(_("Credit cannot pay for credit."))
    # What it pays for may have been cancelled or credited since.
    if invoice.balance <= 0:
        raise InvoiceNotPayable(_("Nothing to pay."))


def not_payable_words(invoice: Invoice) -> str:
    """Why no money is awaited."""
    if invoice.status == InvoiceStatus.PAID:
        return _("Invoice %(number)s is paid already.") % {"number": invoice.display_number}
    status = invoice.get_status_display()
    return _("Invoice %(number)s cannot be paid: %(status)s.") % {"number": invoice.display_number, "status": status}


def amount_words(amount: Decimal, currency_id: str) -> str:
    """An amount with its currency, for messages."""
    return format_money(amount, currency_id, language=get_language() or settings.LANGUAGE_CODE)
