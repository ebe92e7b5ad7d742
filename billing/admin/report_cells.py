"""The cells of reports as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from babel.dates import format_date, format_skeleton
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from billing.queries.reports import Cell, Column, Row, Sort, Step
from billing.queries.reports.spans import MONTH, QUARTER, YEAR
from billing.templatetags.portal import money


@dataclass(frozen=True, slots=True)
class ShownCell:
    """What stands in a cell; `label` is the head of its column."""

    label: str
    content: SafeString | str
    is_figure: bool


def show_row(row: Row, columns: Sequence[Column], *, currency: str) -> list[ShownCell]:
    """A row for the page."""
    return [
        ShownCell(str(column.label), show_cell(cell, column.sort, currency=currency), column.sort.is_figure)
        for cell, column in zip(row, columns, strict=True)
    ]


def show_cell(cell: Cell, sort: Sort, *, currency: str) -> SafeString | str:
    """By the reader's language; a dash for what is not known."""
    if cell is None:
        return "—" if sort is not Sort.TEXT else ""
    if isinstance(cell, Step):
        return step_words(cell)
    if isinstance(cell, Decimal) and sort is Sort.MONEY:
        return money(cell, currency)
    if isinstance(cell, Decimal):
        return number_format(cell)
    if isinstance(cell, int) and sort in (Sort.CLIENT, Sort.PRODUCT):
        page = "admin:billing_client_change" if sort is Sort.CLIENT else "admin:catalog_product_change"
        return format_html('<a class="bo-link" href="{}">#{}</a>', reverse(page, args=[cell]), cell)
    return number_format(cell, force_grouping=True) if isinstance(cell, int) else cell


def step_words(step: Step) -> str:
    """`Jan 2026`, `Q1 2026`, `2026`, `Jan 10, 2026 – Feb 3, 2026`."""
    locale = (get_language() or "en").replace("-", "_")
    if step.by == MONTH:
        return format_skeleton("yMMM", step.first, locale=locale)
    if step.by == QUARTER:
        return format_date(step.first, "QQQ y", locale=locale)
    if step.by == YEAR:
        return str(step.first.year)
    return " – ".join(format_date(day, "medium", locale=locale) for day in (step.first, step.last))
