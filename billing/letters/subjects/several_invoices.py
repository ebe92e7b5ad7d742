"""Several invoices of one client in one letter: those of them that are still to be paid."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from billing.letters.links import address, link
from billing.letters.scene import Scene
from billing.letters.values import Row, Value, moment
from billing.letters.variables import Entry, Group
from billing.models import Invoice
from billing.queries.letters import payable_among


def _read(scene: Scene) -> Mapping[str, Value]:
    invoices = list(payable_among(scene.data.get("invoices", [])))
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for invoice in invoices:
        totals[invoice.currency_id] += invoice.balance
    return {
        "invoices_count": len(invoices),
        "invoices": [_row(scene, invoice) for invoice in invoices],
        "invoices_total": ", ".join(scene.money(total, code) for code, total in sorted(totals.items())),
        "invoices_link": link(address("client:invoices")),
    }


def _row(scene: Scene, invoice: Invoice) -> Row:
    return {
        "num": invoice.display_number,
        "date_due": moment(invoice.due_date, language=scene.language),
        "balance": scene.money(invoice.balance, invoice.currency_id),
        "items": ", ".join(line.description for line in invoice.lines.all()),
    }


SEVERAL_INVOICES = Group(
    "several_invoices",
    _("Several invoices"),
    (
        Entry("invoices_count", _("How many"), 2),
        Entry(
            "invoices",
            _("List of the invoices"),
            rows=(
                Entry("num", _("Number"), "PRO-42"),
                Entry("date_due", _("Due on"), date(2026, 12, 15)),
                Entry("balance", _("To pay"), Decimal("12.00")),
                Entry("items", _("What they are for"), "ispmanager lite"),
            ),
        ),
        Entry("invoices_total", _("To pay in all"), "€24.00"),
        Entry("invoices_link", _("Page of the invoices"), "https://example.com/"),
    ),
    _read,
)
