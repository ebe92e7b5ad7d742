"""Lines, and the sums below them: with taxes added to a subtotal, or held within, as the language has it."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol

from billing.documents.paper import PaperLine, Sum, Weight
from billing.documents.style import Style
from billing.documents.words import VAT_NAMES
from catalog.taxes import TaxAmount, TaxGround

ZERO = Decimal(0)
# Taxed, but with nothing.
ZERO_GROUNDS = (TaxGround.ZERO_RATE, TaxGround.REVERSE_CHARGE)


class ChargedLine(Protocol):
    """A line of an invoice or of a credit note."""

    description: str
    amount: Decimal
    tax: Decimal
    taxes: list[list[str]]
    tax_ground: str


def paper_lines(
    lines: Sequence[tuple[ChargedLine, tuple[date | None, date | None]]], style: Style
) -> tuple[PaperLine, ...]:
    """Lines with the half-open periods that they are for, numbered from 1."""
    return tuple(
        PaperLine(
            position=position,
            description=line.description,
            period=_period(*period, style),
            tax=_tax_mark(line, style),
            amount=style.money(line.amount + line.tax if style.words.tax_within else line.amount),
        )
        for position, (line, period) in enumerate(lines, start=1)
    )


def tax_label(lines: Iterable[ChargedLine], style: Style) -> str:
    """The head of the column of tax marks; "" where no line is taxed."""
    names = {name for line in lines for name, _percent, _amount in line.taxes}
    if not names and not any(line.tax_ground in ZERO_GROUNDS for line in lines):
        return ""
    if all(name.casefold() in VAT_NAMES for name in names):
        return style.words.vat
    return names.pop() if len(names) == 1 else style.words.tax


def sums_of_lines(
    lines: Iterable[ChargedLine],
    taxes: Sequence[TaxAmount],
    *,
    subtotal: Decimal,
    total: Decimal,
    label: str,
    style: Style,
) -> list[Sum]:
    """From what the lines add up to, to the total, which is called `label`."""
    words = style.words
    rows = [Sum(words.tax_row.format(tax=style.tax(tax.name, tax.percent)), style.money(tax.amount)) for tax in taxes]
    if any(line.tax_ground in ZERO_GROUNDS for line in lines):
        rows.append(Sum(words.tax_row.format(tax=style.tax(words.vat, ZERO)), style.money(ZERO)))
    if not rows and words.no_tax:
        rows = [Sum(words.no_tax, words.no_tax_amount)]
    last = Sum(label, style.money(total), Weight.TOTAL)
    return [Sum(words.subtotal, style.money(total if words.tax_within else subtotal)), *rows, last] if rows else [last]


def ground_remarks(lines: Iterable[ChargedLine], style: Style) -> tuple[str, ...]:
    """Why less tax is charged than usual, each reason once, in the order of the lines."""
    grounds = dict.fromkeys(line.tax_ground for line in lines)
    return tuple(style.words.grounds[ground] for ground in grounds if ground in style.words.grounds)


def _period(start: date | None, end: date | None, style: Style) -> str:
    if start is None or end is None:
        return ""
    return f"{style.day(start)} – {style.day(end - timedelta(days=1))}"


def _tax_mark(line: ChargedLine, style: Style) -> str:
    if line.taxes:
        return " + ".join(style.percent(Decimal(percent)) for _name, percent, _amount in line.taxes)
    return style.percent(ZERO) if line.tax_ground in ZERO_GROUNDS else style.words.no_tax_mark
