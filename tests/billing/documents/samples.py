"""Invoices and credit notes as documents are made of them: rows as issued, without the way that led there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from billing.models import BankAccount, Client, CreditNote, Invoice, InvoiceLine, LineKind, Payment, Refund, Seller
from billing.models.seller import ONLY
from billing.queries.seller import Snapshots
from catalog.models import Currency
from tests.builders import make_client

ISSUED, DUE = date(2026, 3, 1), date(2026, 3, 15)
PAID_AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
IBAN, SWIFT = "DE89370400440532013000", "COBADEFFXXX"
BIK, CORRESPONDENT = "044525225", "30101810400000000225"
RUSSIAN_ACCOUNT = "40702810938000012345"


@dataclass(frozen=True)
class Charge:
    """A line: what for, how much without tax, the tax on top."""

    description: str
    amount: str
    taxes: Sequence[tuple[str, str, str]] = ()
    ground: str = "RULES"
    start: date | None = date(2026, 3, 1)
    end: date | None = date(2026, 4, 1)


def make_russian_seller() -> Seller:
    BankAccount.objects.create(
        currency_id="RUB",
        holder="ООО «Ромашка Хостинг»",
        number=RUSSIAN_ACCOUNT,
        bank="ПАО Сбербанк, г. Москва",
        bic=BIK,
        correspondent=CORRESPONDENT,
    )
    return Seller.objects.create(
        pk=ONLY,
        name="ООО «Ромашка Хостинг»",
        address="119019, г. Москва, ул. Новый Арбат, д. 1, офис 5",
        country="RU",
        tax_id="7707083893",
        kpp="770701001",
        registration_number="1027700132195",
        email="buh@romashka.example",
        phone="+7 495 000-00-00",
        footer="Счёт действителен в течение 10 дней.",
    )


def make_german_seller() -> Seller:
    BankAccount.objects.create(
        currency_id="EUR", holder="Example Hosting GmbH", number=IBAN, bank="Commerzbank", bic=SWIFT
    )
    return Seller.objects.create(
        pk=ONLY,
        name="Example Hosting GmbH",
        address="Hauptstraße 1\n10115 Berlin",
        country="DE",
        tax_id="DE136695976",
        registration_number="HRB 12345 B",
        email="billing@hosting.example",
        footer="Thank you for your business.",
    )


def make_russian_client() -> Client:
    return make_client(
        email="buh@vektor.example",
        currency="RUB",
        first_name="Анна",
        last_name="Смирнова",
        company="АО «Вектор»",
        address1="пр-т Ленина, д. 10",
        city="Екатеринбург",
        postcode="620014",
        country="RU",
        tax_id="7736050003",
        language="ru",
    )


def make_french_client() -> Client:
    return make_client(
        email="compta@dupont.example",
        first_name="Jeanne",
        last_name="Dupont",
        company="Dupont & Fils SARL",
        address1="12 rue de la Paix",
        city="Paris",
        postcode="75002",
        country="FR",
        tax_id="FR40303265045",
        language="en",
    )


def make_invoice(client: Client, charges: Sequence[Charge], *, is_snapshot: bool = True, **values: Any) -> Invoice:
    """An issued invoice over `charges`, unpaid unless `values` say otherwise."""
    subtotal = sum((Decimal(charge.amount) for charge in charges), Decimal(0))
    tax = sum((Decimal(sum_) for charge in charges for _name, _rate, sum_ in charge.taxes), Decimal(0))
    snapshots = Snapshots()
    parties: dict[str, Any] = (
        {
            "seller": snapshots.seller(client.currency_id),
            "buyer": snapshots.buyer(client),
            "language": client.language,
        }
        if is_snapshot
        else {}
    )
    invoice = Invoice.objects.create(
        client=client,
        currency=Currency.objects.get(code=client.currency_id),
        subtotal=subtotal,
        tax=tax,
        total=subtotal + tax,
        **{"issue_date": ISSUED, "due_date": DUE, **parties, **values},
    )
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            kind=LineKind.MANUAL,
            description=charge.description,
            period_start=charge.start,
            period_end=charge.end,
            amount=Decimal(charge.amount),
            tax=sum((Decimal(sum_) for _name, _rate, sum_ in charge.taxes), Decimal(0)),
            taxes=[list(row) for row in charge.taxes],
            tax_ground=charge.ground,
        )
        for charge in charges
    )
    return invoice


def pay_up(invoice: Invoice, *, gateway: str = "bank_transfer", reference: str = "12345", number: str = "") -> Payment:
    """Paid in full; with its number."""
    payment = Payment.objects.create(
        invoice=invoice,
        client=invoice.client,
        currency=invoice.currency,
        gateway=gateway,
        reference=reference,
        amount=invoice.balance,
        applied_amount=invoice.balance,
        received_at=PAID_AT,
    )
    invoice.amount_paid, invoice.status, invoice.paid_at = invoice.total, "PAID", PAID_AT
    invoice.number = number or f"INV-2026-{invoice.pk:05d}"
    invoice.save()
    return payment


def make_credit_note(
    invoice: Invoice, *, amount: str, taxes: Sequence[tuple[str, str, str]] = (), **values: Any
) -> CreditNote:
    """Takes `amount` and its taxes back of the first line."""
    line = invoice.lines.order_by("id")[0]
    tax = sum((Decimal(sum_) for _name, _rate, sum_ in taxes), Decimal(0))
    total = Decimal(amount) + tax
    note = CreditNote.objects.create(
        invoice=invoice,
        client=invoice.client,
        currency=invoice.currency,
        subtotal=Decimal(amount),
        tax=tax,
        total=total,
        issued_at=PAID_AT,
        **{
            "number": f"CN-2026-{invoice.pk:05d}",
            "issue_date": date(2026, 3, 20),
            "reason": "Ordered by mistake",
            "to_credit": total,
            **values,
        },
    )
    note.lines.create(
        invoice_line=line,
        description=line.description,
        amount=Decimal(amount),
        tax=tax,
        taxes=[list(row) for row in taxes],
        tax_ground=line.tax_ground,
    )
    return note


def refund(payment: Payment, amount: str, **values: Any) -> Refund:
    """Money of a payment that has gone back."""
    return Refund.objects.create(
        payment=payment,
        client=payment.client,
        currency=payment.currency,
        amount=Decimal(amount),
        requested_at=PAID_AT,
        **{"way": "RECORDED", "status": "DONE", "done_at": PAID_AT, "request_key": f"refund-{payment.pk}", **values},
    )
