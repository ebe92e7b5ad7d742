"""Reports as CSV for spreadsheets and programs: one table, the currency in its first column, no totals."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.queries.reports.shapes import Cell, Report, Sort
from billing.queries.reports.wishes import Wishes

# What a spreadsheet would take for a formula or a command.
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(report: Report, wishes: Wishes, *, language: str) -> Iterator[str]:
    """The lines of the file, in the language of the reader; read from the database while they are taken."""
    writer = csv.writer(_Echo())
    with override(language):
        yield writer.writerow([_("Currency"), *(defused(str(column.label)) for column in report.columns)])
    rows = report.all_rows(wishes)
    while True:
        with override(language):
            found = next(rows, None)
        if found is None:
            return
        currency, row = found
        cells = (written(cell, column.sort) for cell, column in zip(row, report.columns, strict=True))
        yield writer.writerow([currency, *cells])


def written(cell: Cell, sort: Sort) -> str:
    """A cell as programs read it: plain decimals with a point, ISO periods, nothing for what is not known."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return plain(cell) if sort is Sort.MONEY else f"{cell:f}"
    return defused(str(cell)) if sort is Sort.TEXT else str(cell)


def plain(amount: Decimal) -> str:
    """Two decimals, four where the amount has more."""
    return f"{amount:.4f}".removesuffix("00")


def defused(text: str) -> str:
    """Text that no spreadsheet runs: an apostrophe before what would be a formula."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text
