"""Reports: what was sold, what is owed, what comes. Amounts of two currencies are never added together."""

from billing.queries.reports.registry import REPORTS, find_report
from billing.queries.reports.shapes import Bar, Cell, Column, Report, Row, Section, Sort
from billing.queries.reports.spans import Span, Step
from billing.queries.reports.wishes import Asks, Wishes, WishesInvalid, read_wishes

__all__ = [
    "REPORTS",
    "Asks",
    "Bar",
    "Cell",
    "Column",
    "Report",
    "Row",
    "Section",
    "Sort",
    "Span",
    "Step",
    "Wishes",
    "WishesInvalid",
    "find_report",
    "read_wishes",
]
