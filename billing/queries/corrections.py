"""What can still be taken back of an invoice, line by line, and how an amount is split over lines and taxes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.models import CreditNoteLine, Invoice, InvoiceLine
from catalog.money import round_money
from catalog.taxes import ZERO, Charge, TaxAmount


@dataclass(frozen=True, slots=True)
class LineLeft:
    """A line of an invoice with what credit notes have taken back of it so far; all amounts with the sign of the line.

    `taken_taxes` are those of `line.taxes`, in the same order.
    """

    line: InvoiceLine
    taken: Decimal = ZERO
    taken_taxes: tuple[Decimal, ...] = ()

    @property
    def left(self) -> Decimal:
        """What is left of the line, tax included; below zero for a discount."""
        return self.line.total - self.taken

    def take(self, amount: Decimal, *, precision: int) -> Charge:
        """How `amount`, tax included, splits into net and taxes.

        Each tax is rounded over all that was taken so far, so that the last note takes the remainder to the cent.
        """
        share = (self.taken + amount) / self.line.total
        before = self.taken_taxes or (ZERO,) * len(self.line.taxes)
        taxes = tuple(
            TaxAmount(name, Decimal(percent), round_money(Decimal(whole) * share, precision=precision) - taken)
            for (name, percent, whole), taken in zip(self.line.taxes, before, strict=True)
        )
        return Charge(amount - sum((tax.amount for tax in taxes), ZERO), taxes)


def lines_left(invoice: Invoice) -> list[LineLeft]:
    """Every line with what is left of it; two queries."""
    return lines_left_of([invoice.pk])[invoice.pk]


def lines_left_of(invoice_ids: Collection[int]) -> dict[int, list[LineLeft]]:
    """Every line of each invoice with what is left of it, by the invoice's id; two queries."""
    taken: dict[int, list[CreditNoteLine]] = {}
    for row in CreditNoteLine.objects.filter(invoice_line__invoice__in=invoice_ids):
        taken.setdefault(row.invoice_line_id, []).append(row)
    found: dict[int, list[LineLeft]] = {invoice_id: [] for invoice_id in invoice_ids}
    for line in InvoiceLine.objects.filter(invoice__in=invoice_ids).order_by("pk"):
        found[line.invoice_id].append(_line_left(line, taken.get(line.pk, ())))
    return found


def _line_left(line: InvoiceLine, notes: Sequence[CreditNoteLine]) -> LineLeft:
    taxes = zip(*([Decimal(amount) for _name, _percent, amount in note.taxes] for note in notes), strict=True)
    return LineLeft(
        line,
        taken=sum((note.amount + note.tax for note in notes), ZERO),
        taken_taxes=tuple(sum(amounts, ZERO) for amounts in taxes),
    )


def amount_left(invoice: Invoice) -> Decimal:
    """What credit notes can still take back of a numbered invoice."""
    return invoice.total - invoice.amount_credited - invoice.amount_refunded


def spread(amount: Decimal, lines: Sequence[LineLeft], *, precision: int) -> Mapping[int, Decimal]:
    """Splits an amount over what is left of the lines, each in proportion: line id → amount, tax included.

    Sums up to the cent and takes no more of a line than is left; `amount` is at most all that is left.
    """
    whole = sum((line.left for line in lines), ZERO)
    found: dict[int, Decimal] = {}
    before = given = ZERO
    for line in lines:
        before += line.left
        until_here = round_money(amount * before / whole, precision=precision)
        if until_here != given:
            found[line.line.pk] = until_here - given
        given = until_here
    return found
