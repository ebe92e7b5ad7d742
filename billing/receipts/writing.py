"""The receipt of a payment or refund, from what the portal knows of it; a constant number of queries."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.models import Client, FiscalSettings, Invoice, InvoiceKind, InvoiceLine, LineKind, Refund, RefundStatus
from billing.queries.bank_numbers import is_inn
from billing.queries.corrections import LineLeft, lines_left_of
from billing.queries.fiscal_settings import read_fiscal_settings
from billing.receipts.building import Charged, Part, Terms, build_receipt, join_equal, scale
from billing.receipts.receipt import CURRENCY, Receipt, ReceiptCustomer, ReceiptImpossible, kopecks
from billing.receipts.shares import share_out
from catalog.taxes import TaxGround

RECEIPT_LANGUAGE: Final = "ru"
_LONGEST_NAME: Final = 256
_PHONE_DIGITS: Final = range(10, 16)


def receipt_for_payment(invoice: Invoice, amount: Decimal) -> Receipt:
    """The receipt of `amount` about to be paid for an invoice: for the lines as far as money is awaited for them.

    What exceeds that is an advance, as all of an invoice over funds in advance. Raises ReceiptImpossible.
    """
    if invoice.currency_id != CURRENCY:
        raise ReceiptImpossible(_("Fiscal receipts are for payments in rubles only."))
    try:
        paid = kopecks(amount)
    except ValueError as error:
        raise ReceiptImpossible(_("A receipt is over whole kopecks.")) from error
    parts, advance = _parts_of(invoice, paid)
    return build_receipt(
        parts=parts,
        advance=advance,
        customer=_customer_of(invoice.client),
        terms=_terms(read_fiscal_settings(), invoice),
    )


def receipt_for_refund(refund: Refund, paid: Receipt | None = None) -> Receipt:
    """The receipt of money given back: the items of the payment's receipt, in proportion where it is a part.

    `paid`: the receipt that went with the payment. Without it, as if it were written now over all that was paid. All
    refunds of a payment together take exactly its items. Raises ReceiptImpossible.
    """
    payment = refund.payment
    if paid is None:
        paid = _receipt_as_paid(payment.invoice, payment.amount)
    earlier = payment.refunds.filter(pk__lt=refund.pk).exclude(status=RefundStatus.FAILED).order_by("pk")
    before = [kopecks(amount) for amount in earlier.values_list("amount", flat=True)]
    return replace(paid, items=tuple(join_equal(scale(paid.items, kopecks(refund.amount), before=before))))


def _receipt_as_paid(invoice: Invoice, amount: Decimal) -> Receipt:
    """Of a payment whose own receipt nobody kept: over the invoice as it was issued."""
    settings = read_fiscal_settings()
    lines = [LineLeft(line) for line in invoice.lines.order_by("pk")]
    paid = kopecks(amount)
    charges = () if invoice.kind != InvoiceKind.SALE else tuple(map(_charged, lines))
    most = min(paid, sum(charge.amount for charge in charges))
    return build_receipt(
        parts=[Part(charges, most)] if most > 0 else [],
        advance=paid - max(most, 0),
        customer=_customer_of(invoice.client),
        terms=_terms(settings, invoice),
    )


def _parts_of(invoice: Invoice, paid: int) -> tuple[list[Part], int]:
    """What of `paid` goes to which charges, and what to nothing that is sold."""
    if not invoice.is_payable or invoice.kind == InvoiceKind.ADD_FUNDS:
        return [], paid
    if invoice.kind == InvoiceKind.SALE:
        wanted = [(invoice, min(paid, kopecks(invoice.balance)))]
    else:
        wanted = _shares_of_named(invoice, min(paid, kopecks(invoice.balance)))
    lines = lines_left_of([one.pk for one, _share in wanted])
    parts = [Part(tuple(map(_charged, lines[one.pk])), share) for one, share in wanted if share]
    return parts, paid - sum(part.amount for part in parts)


def _shares_of_named(mass_payment: Invoice, paid: int) -> list[tuple[Invoice, int]]:
    """What of `paid` each invoice of a mass payment gets, at most what it still needs."""
    lines = list(mass_payment.lines.filter(kind=LineKind.INVOICE).select_related("about").order_by("pk"))
    shares = share_out(paid, [kopecks(line.amount) for line in lines])
    return [
        (line.about, min(share, kopecks(line.about.balance)) if line.about.is_payable else 0)
        for line, share in zip(lines, shares, strict=True)
        if line.about is not None
    ]


def _charged(left: LineLeft) -> Charged:
    return Charged(left.line.description, kopecks(left.left), _rate_of(left.line))


def _rate_of(line: InvoiceLine) -> Decimal | None:
    """The percent of VAT on a line, None for none."""
    if len(line.taxes) > 1:
        raise ReceiptImpossible(_("“%(line)s” holds several taxes; a receipt knows one.") % {"line": line.description})
    if line.taxes:
        _name, percent, _amount = line.taxes[0]
        return Decimal(percent)
    return Decimal(0) if line.tax_ground == TaxGround.ZERO_RATE else None


def _terms(settings: FiscalSettings, invoice: Invoice) -> Terms:
    with override(RECEIPT_LANGUAGE):
        return Terms(
            vat_codes={Decimal(rate): (codes[0], codes[1]) for rate, codes in settings.vat_codes.items()},
            no_vat_code=settings.no_vat_code,
            advance_vat_code=settings.advance_vat_code,
            has_estimated_rates=settings.has_estimated_rates,
            payment_subject=settings.payment_subject,
            payment_mode=settings.payment_mode,
            tax_system_code=settings.tax_system_code,
            measure=settings.measure,
            advance_words=_("Advance"),
            merged_words=_("Services of invoice %(number)s") % {"number": invoice.display_number},
        )


def _customer_of(client: Client) -> ReceiptCustomer:
    """Raises ReceiptImpossible where a receipt can be sent neither by letter nor to a phone."""
    email, phone = _email_of(client), _phone_of(client.phone)
    if not email and not phone:
        words = _("A receipt needs an e-mail address or a phone number; client %(client)s has neither.")
        raise ReceiptImpossible(words % {"client": client})
    name = client.company or client.full_name
    inn = "".join(client.tax_id.split())
    return ReceiptCustomer(email, phone, name[:_LONGEST_NAME], inn if is_inn(inn) else "")


def _email_of(client: Client) -> str:
    try:
        validate_email(client.email)
    except ValidationError:
        return ""
    return client.email


def _phone_of(phone: str) -> str:
    """Digits with the country first; "" for what is no phone number."""
    digits = re.sub(r"\D", "", phone)
    if len(digits) == 11 and digits.startswith("8"):
        digits = f"7{digits[1:]}"
    return digits if len(digits) in _PHONE_DIGITS and not digits.startswith("0") else ""
