"""What a document says, from rows: invoices and proformas, credit notes."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from billing.documents.amounts import ground_remarks, paper_lines, sums_of_lines, tax_label
from billing.documents.paper import Fact, Movement, Paper, PaperKind, Sum, Weight
from billing.documents.parties import buyer_party, seller_party, with_parties
from billing.documents.spelled_out import spell_amount
from billing.documents.style import Style
from billing.documents.transfers import transfer_of
from billing.documents.words import known_language
from billing.models import CreditNote, Invoice, InvoiceStatus, Payment, Refund, RefundStatus

CREDIT: Final = "credit"
TONES: Final[dict[str, str]] = {
    InvoiceStatus.UNPAID: "amber",
    InvoiceStatus.PAYMENT_PENDING: "blue",
    InvoiceStatus.PAID: "green",
    InvoiceStatus.COLLECTIONS: "red",
}


def read_paper(subject: Invoice | CreditNote) -> Paper:
    """The document of an invoice or a credit note as they are now; as many queries for one line as for a thousand."""
    return invoice_paper(subject) if isinstance(subject, Invoice) else credit_note_paper(subject)


def invoice_paper(found: Invoice) -> Paper:
    """An invoice with its number, or the proforma that it is until it has one."""
    rows = Invoice.objects.select_related("client").prefetch_related("lines", "payments__refunds")
    invoice = with_parties(rows.get(pk=found.pk))
    style = Style(known_language(invoice.language, invoice.client.language), invoice.currency_id)
    words, lines = style.words, list(invoice.lines.all())
    payments = sorted(invoice.payments.all(), key=lambda payment: (payment.received_at, payment.pk))
    heading = words.invoice if invoice.number else words.proforma
    return Paper(
        kind=PaperKind.INVOICE if invoice.number else PaperKind.PROFORMA,
        language=style.language,
        number=invoice.display_number,
        heading=heading.format(number=invoice.display_number, day=style.long_day(invoice.issue_date)),
        status=words.status[invoice.status],
        tone=TONES.get(invoice.status, "grey"),
        seller=seller_party(invoice.seller, style),
        buyer=buyer_party(invoice.buyer, style),
        facts=_filled(
            Fact(words.issued, style.day(invoice.issue_date)),
            Fact(words.due, style.day(invoice.due_date) if invoice.is_payable else ""),
            Fact(words.paid_on, style.day_of(invoice.paid_at)),
        ),
        lines=paper_lines([(line, (line.period_start, line.period_end)) for line in lines], style),
        tax_label=tax_label(lines, style),
        sums=tuple(_sums_of_invoice(invoice, style)),
        summary=words.summary.format(count=len(lines), amount=style.money(invoice.total)),
        amount_in_words=spell_amount(invoice.total, style.currency) if words.summary else "",
        remarks=(*ground_remarks(lines, style), *filter(None, [invoice.notes.strip()])),
        payments=tuple(_payment(payment, style) for payment in payments),
        refunds=_refunds((refund for payment in payments for refund in payment.refunds.all()), style),
        transfer=transfer_of(invoice, style),
        footer=str(invoice.seller.get("footer", "")),
    )


def credit_note_paper(found: CreditNote) -> Paper:
    """What is taken back of an invoice, and where it went. Both parties are as they stand on the invoice."""
    rows = CreditNote.objects.select_related("invoice__client").prefetch_related("lines__invoice_line", "refunds")
    note = rows.get(pk=found.pk)
    invoice = with_parties(note.invoice)
    style = Style(known_language(invoice.language, invoice.client.language), note.currency_id)
    words, lines = style.words, list(note.lines.all())
    periods = [(line.invoice_line.period_start, line.invoice_line.period_end) for line in lines]
    return Paper(
        kind=PaperKind.CREDIT_NOTE,
        language=style.language,
        number=note.number,
        heading=words.credit_note.format(number=note.number, day=style.long_day(note.issue_date)),
        seller=seller_party(invoice.seller, style),
        buyer=buyer_party(invoice.buyer, style),
        facts=_filled(
            Fact(words.issued, style.day(note.issue_date)),
            Fact(words.of_invoice, f"{invoice.display_number}, {style.day(invoice.issue_date)}"),
            Fact(words.reason, note.reason),
        ),
        lines=paper_lines(list(zip(lines, periods, strict=True)), style),
        tax_label=tax_label(lines, style),
        sums=(
            *sums_of_lines(
                lines, note.taxes, subtotal=note.subtotal, total=note.total, label=words.total_credited, style=style
            ),
            *_nonzero(
                (words.off_balance, note.to_balance),
                (words.to_credit, note.to_credit),
                (words.to_refund, note.to_refund),
                style=style,
            ),
        ),
        summary=words.summary.format(count=len(lines), amount=style.money(note.total)),
        amount_in_words=spell_amount(note.total, style.currency) if words.summary else "",
        remarks=ground_remarks(lines, style),
        refunds=_refunds(note.refunds.all(), style),
        footer=str(invoice.seller.get("footer", "")),
    )


def _sums_of_invoice(invoice: Invoice, style: Style) -> list[Sum]:
    """To the total, then what came off it, then what is left."""
    words = style.words
    label = words.to_be_paid if invoice.is_payable else words.total
    sums = sums_of_lines(
        invoice.lines.all(), invoice.taxes, subtotal=invoice.subtotal, total=invoice.total, label=label, style=style
    )
    credits = (payment.amount for payment in invoice.payments.all() if _counts_as_credit(payment))
    from_credit = sum(credits, Decimal(0))
    came_off = _nonzero(
        (words.credited, -invoice.amount_credited),
        (words.credit_applied, -from_credit),
        (words.paid, from_credit - invoice.amount_paid),
        (words.written_off, -invoice.amount_written_off),
        style=style,
    )
    # A cancelled invoice was never owed; one that was written off was, and leads to nothing left of it.
    if came_off and (invoice.status != InvoiceStatus.CANCELLED or invoice.amount_written_off):
        came_off.append(Sum(words.balance, style.money(invoice.balance), Weight.DUE))
    return [*sums, *came_off, *_nonzero((words.refunded, invoice.amount_refunded), style=style)]


def _counts_as_credit(payment: Payment) -> bool:
    return payment.gateway == CREDIT and payment.reversed_at is None


def _nonzero(*rows: tuple[str, Decimal], style: Style) -> list[Sum]:
    return [Sum(label, style.money(amount)) for label, amount in rows if amount]


def _payment(payment: Payment, style: Style) -> Movement:
    words = style.words
    way = words.ways.get(payment.gateway, payment.gateway.replace("_", " ").capitalize())
    if payment.reversed_at is not None:
        way = f"{way} ({words.reversed.format(day=style.day_of(payment.reversed_at))})"
    # Credit has no reference that would tell anybody anything.
    reference = "" if payment.gateway == CREDIT else payment.reference
    return Movement(style.day_of(payment.received_at), way, reference, style.money(payment.amount))


def _refunds(refunds: Iterable[Refund], style: Style) -> tuple[Movement, ...]:
    """Only money that has left: what a gateway has not confirmed is no refund yet."""
    done = sorted((refund for refund in refunds if refund.status == RefundStatus.DONE), key=lambda refund: refund.pk)
    return tuple(
        Movement(
            style.day_of(refund.done_at), style.words.ways[refund.way], refund.reference, style.money(refund.amount)
        )
        for refund in done
    )


def _filled(*facts: Fact) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.label and fact.value)
