"""Whatever is done with money, in any order: reports follow the ledger."""

from decimal import Decimal

import pytest
from hypothesis.stateful import invariant

from billing.models import Account
from billing.queries.clock import business_date
from billing.queries.reports import Wishes, find_report
from billing.queries.reports.spans import Span
from tests.billing.actions.test_money_sequences import MoneyMachine, run
from tests.billing.queries.reports.mixed_books import ledger
from tests.builders import World

# Report, column of its totals, account, and its sign.
TOTALS = (
    ("revenue", "revenue", Account.REVENUE, -1),
    ("revenue", "tax_amount", Account.TAX, -1),
    ("margins", "income", Account.REVENUE, -1),
    ("receivables", "owed", Account.RECEIVABLE, 1),
    ("credits", "closing", Account.CREDIT, -1),
)


class ReportMachine(MoneyMachine):
    """The same sequences, looked at through reports."""

    @invariant()
    def everything_holds(self) -> None:
        day = business_date(self.now)
        wishes = Wishes(Span(day, day), day)
        for code, column, account, sign in TOTALS:
            report = find_report(code)
            assert report is not None
            place = [one.code for one in report.columns].index(column)
            found = [section.totals[place] for section in report.sections(wishes, limit=10)]
            assert sum(found, Decimal(0)) == ledger(account, currency="EUR", sign=sign), (code, column)


@pytest.mark.thorough
@pytest.mark.timeout(1500)
def test_reports_follow_the_ledger_after_any_sequence(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.billing.actions.test_money_sequences.MoneyMachine", ReportMachine)
    run(world, monkeypatch, examples=20, steps=40)
