"""All reports, in the order of their list."""

from typing import Final

from billing.queries.reports.credits import Credits
from billing.queries.reports.forecast import RenewalForecast
from billing.queries.reports.margins import Margins
from billing.queries.reports.promotions import Promotions
from billing.queries.reports.receivables import Receivables
from billing.queries.reports.recurring import RecurringRevenue
from billing.queries.reports.revenue import Revenue
from billing.queries.reports.shapes import Report

REPORTS: Final[tuple[Report, ...]] = (
    Revenue(),
    Receivables(),
    RecurringRevenue(),
    Margins(),
    Credits(),
    Promotions(),
    RenewalForecast(),
)


def find_report(code: str) -> Report | None:
    """The report of that code."""
    return next((report for report in REPORTS if report.code == code), None)
