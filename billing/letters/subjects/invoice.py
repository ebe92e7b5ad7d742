"""The invoice that a letter is about."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from babel.dates import format_date
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from billing.letters.links import address, link
from billing.letters.scene import Scene
from billing.letters.values import Markup, Row, Value, markup, moment
from billing.letters.variables import Entry, Group
from billing.models import Invoice, InvoiceLine
from billing.templatetags.event_words import GATEWAYS


def _read(scene: Scene) -> Mapping[str, Value]:
    invoice = scene.invoice
    if invoice is None:
        return {entry.name: "" for entry in INVOICE.entries}
    url, method = address("client:invoice", invoice.pk), invoice.payment_method
    return {
        "invoice_id": invoice.pk,
        "invoice_num": invoice.display_number,
        "invoice_date_created": moment(invoice.issue_date, language=scene.language),
        "invoice_date_due": moment(invoice.due_date, language=scene.language),
        "invoice_date_paid": moment(invoice.paid_at, language=scene.language),
        **_amounts(scene, invoice),
        "invoice_status": invoice.get_status_display(),
        "invoice_is_open": invoice.is_payable,
        "invoice_payment_method": str(GATEWAYS.get(method, method)),
        "invoice_url": url,
        "invoice_link": link(url),
        "invoice_payment_link": link(url),
        "invoice_notes": invoice.notes,
        "invoice_admin_link": "" if scene.is_for_client else link(address("admin:billing_invoice_change", invoice.pk)),
    }


def _amounts(scene: Scene, invoice: Invoice) -> Mapping[str, Value]:
    amounts = {
        "subtotal": invoice.subtotal,
        "tax": invoice.tax,
        "credit": invoice.amount_credited,
        "total": invoice.total,
        "balance": invoice.balance,
        "amount_paid": invoice.amount_paid,
    }
    return {f"invoice_{name}": scene.money(amount, invoice.currency_id) for name, amount in amounts.items()}


def _read_items(scene: Scene) -> Mapping[str, Value]:
    invoice = scene.invoice
    rows = [_item(scene, invoice, line) for line in invoice.lines.all()] if invoice else []
    return {"invoice_items": rows, "invoice_html_contents": _table(scene, invoice, rows)}


def _item(scene: Scene, invoice: Invoice, line: InvoiceLine) -> Row:
    return {
        "description": line.description,
        "period": _period(line, scene.language),
        "amount": scene.money(line.amount, invoice.currency_id),
        "total": scene.money(line.total, invoice.currency_id),
        "type": line.get_kind_display(),
        "relid": line.service_id or "",
    }


def _period(line: InvoiceLine, language: str) -> str:
    """`01.01.2026 – 31.01.2026`: the last day is the day before the end, which is not paid for."""
    if line.period_start is None or line.period_end is None:
        return ""
    locale = language.replace("-", "_")
    days = (line.period_start, line.period_end - timedelta(days=1))
    return " – ".join(format_date(day, format="medium", locale=locale) for day in days)


def _table(scene: Scene, invoice: Invoice | None, rows: Sequence[Row]) -> Markup:
    """The items as a table, and as lines in the text part."""
    if invoice is None:
        return markup("")
    total = scene.money(invoice.total, invoice.currency_id)
    cells = [(_with_period(row), row["amount"]) for row in rows]
    if invoice.tax:
        cells.append((_gettext("Tax"), scene.money(invoice.tax, invoice.currency_id)))
    cells.append((_gettext("Total"), total))
    body = format_html_join("", '<tr><td>{}</td><td align="right">{}</td></tr>', cells)
    text = "\n".join(f"{words}: {amount}" for words, amount in cells)
    return markup(text, format_html('<table class="items" width="100%">{}</table>', body))


def _with_period(row: Row) -> str:
    return f"{row['description']} ({row['period']})" if row["period"] else str(row["description"])


def _read_payment(scene: Scene) -> Mapping[str, Value]:
    latest = scene.invoice.payments.order_by("-id").first() if scene.invoice else None
    return {
        "invoice_last_payment_amount": scene.money(latest.amount, latest.currency_id) if latest else "",
        "invoice_last_payment_transid": latest.reference if latest else "",
    }


INVOICE = Group(
    "invoice",
    _("Invoice"),
    (
        Entry("invoice_num", _("Number on the document"), "INV-2026-00042"),
        Entry("invoice_id", _("Number here"), 42),
        Entry("invoice_date_created", _("Issued on"), date(2026, 12, 1)),
        Entry("invoice_date_due", _("Due date"), date(2026, 12, 15)),
        Entry("invoice_date_paid", _("Paid on"), date(2026, 12, 3)),
        Entry("invoice_subtotal", _("Sum without tax"), Decimal("12.00")),
        Entry("invoice_tax", _("Tax"), Decimal("0.00")),
        Entry("invoice_credit", _("Taken off by credit notes"), Decimal("0.00")),
        Entry("invoice_total", _("Total"), Decimal("12.00")),
        Entry("invoice_balance", _("Still to be paid"), Decimal("12.00")),
        Entry("invoice_amount_paid", _("Paid so far"), Decimal("0.00")),
        Entry("invoice_status", _("Status"), "Unpaid"),
        Entry("invoice_is_open", _("Whether money is awaited"), True),
        Entry("invoice_payment_method", _("Payment method"), "Bank transfer"),
        Entry("invoice_url", _("Address of the client's page"), "https://example.com/invoices/42/"),
        Entry("invoice_link", _("Link to the client's page"), "https://example.com/invoices/42/"),
        Entry("invoice_payment_link", _("Link to pay it"), "https://example.com/invoices/42/"),
        Entry("invoice_notes", _("Notes on the invoice")),
        Entry("invoice_admin_link", _("Page in the back office; empty in letters to clients")),
    ),
    _read,
    ("invoice",),
)
INVOICE_ITEMS = Group(
    "invoice_items",
    _("Items of the invoice"),
    (
        Entry("invoice_html_contents", _("The items as a table"), "BitNinja: 12.00"),
        Entry(
            "invoice_items",
            _("List of the items"),
            rows=(
                Entry("description", _("Description"), "BitNinja"),
                Entry("period", _("Days that it pays for"), "1.12.2026 – 31.12.2026"),
                Entry("amount", _("Amount without tax"), Decimal("12.00")),
                Entry("total", _("Amount with tax"), Decimal("12.00")),
                Entry("type", _("Kind"), "Service"),
                Entry("relid", _("Number of the service"), 17),
            ),
        ),
    ),
    _read_items,
    ("invoice",),
)
INVOICE_PAYMENT = Group(
    "invoice_payment",
    _("Invoice"),
    (
        Entry("invoice_last_payment_amount", _("Newest payment"), Decimal("12.00")),
        Entry("invoice_last_payment_transid", _("Reference of the newest payment"), "TX-1001"),
    ),
    _read_payment,
    ("invoice",),
)
