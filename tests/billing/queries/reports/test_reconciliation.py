"""Every amount of a report is found again in the ledger."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from billing.models import Client, CreditNoteLine, Invoice, InvoiceLine
from billing.queries.books import find_differences
from billing.queries.reports import REPORTS, read_wishes
from catalog.models import Product
from noc.sandbox.server import Sandbox
from tests.billing.queries.reports.mixed_books import (
    DAYS,
    MARCH,
    ledger,
    live_through_it,
    mixed_world,
    named,
    read,
    totals,
)
from tests.builders import World, bill, make_client

CURRENCIES = ("EUR", "RUB")
MONTHS = {1: "2026-01", 2: "2026-02", 3: "2026-03"}


@pytest.fixture
def books(db: None, sandbox: Sandbox) -> World:
    return mixed_world(sandbox)


def at_start_of(month: int) -> datetime:
    """Midnight of its first day, as a business in UTC has it."""
    return datetime(2026, month, 1, tzinfo=UTC)


@pytest.mark.usefixtures("books")
def test_revenue_and_tax_are_those_of_the_ledger_in_each_month() -> None:
    assert [str(one) for one in find_differences()] == []
    sections = read("revenue", **DAYS)
    assert sorted(sections) == [*CURRENCIES]
    for currency, section in sections.items():
        sums = totals("revenue", section)
        assert sums["revenue"] == ledger("REVENUE", currency=currency, sign=-1) != 0
        assert sums["tax_amount"] == ledger("TAX", currency=currency, sign=-1)
        assert sums["total"] == sums["revenue"] + sums["tax_amount"]
        rows = [named("revenue", row) for row in section.rows]
        for month, period in MONTHS.items():
            of_month = {"posting__posted_at__month": month}
            mine = [row for row in rows if str(row["period"]) == period]
            net = sum((row["revenue"] or 0 for row in mine), Decimal(0))
            assert net == ledger("REVENUE", currency=currency, sign=-1, **of_month) != 0
            tax = sum((row["tax_amount"] for row in mine), Decimal(0))
            assert tax == ledger("TAX", currency=currency, sign=-1, **of_month)


@pytest.mark.usefixtures("books")
def test_each_tax_has_its_rows_and_what_is_on_top_of_another_adds_no_revenue() -> None:
    rows = [named("revenue", row) for row in read("revenue", **DAYS, by="quarter")["EUR"].rows]
    found = {row["tax"]: row for row in rows}
    assert [str(row["period"]) for row in rows] == ["2026-Q1"] * 3
    assert sorted(found) == ["GST 5\N{NO-BREAK SPACE}%", "QST 9.975\N{NO-BREAK SPACE}%", "VAT 19\N{NO-BREAK SPACE}%"]
    assert found["QST 9.975\N{NO-BREAK SPACE}%"]["revenue"] is None
    expected = dict.fromkeys(("GST", "QST", "VAT"), Decimal(0))
    for line in InvoiceLine.objects.filter(invoice__postings__kind="invoice.issued", invoice__currency="EUR"):
        is_cancelled = line.invoice.postings.filter(kind="invoice.cancelled").exists()
        _add(expected, line.taxes, 0 if is_cancelled else 1)
    for note_line in CreditNoteLine.objects.filter(credit_note__currency="EUR"):
        _add(expected, note_line.taxes, -1)
    assert {words.split()[0]: row["tax_amount"] for words, row in found.items()} == expected


def _add(sums: dict[str, Decimal], taxes: list[list[str]], sign: int) -> None:
    for name, _percent, amount in taxes:
        sums[name] += sign * Decimal(amount)


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("day", ["2026-01-31", "2026-02-28", "2026-03-31"])
def test_receivables_are_what_the_ledger_held_that_day(day: str) -> None:
    before = {"posting__posted_at__date__lte": date.fromisoformat(day)}
    for currency in CURRENCIES:
        sums = totals("receivables", read("receivables", until=day)[currency])
        assert sums["owed"] == ledger("RECEIVABLE", currency=currency, **before) != 0
        assert sums["owed"] == sum(value for name, value in sums.items() if name.startswith(("current", "days")))


def test_an_invoice_grows_old_after_its_due_date(world: World) -> None:
    invoice = bill(world.client, "10.01", now=datetime(2026, 1, 1, 9, tzinfo=UTC))
    due = date(2026, 1, 10)
    Invoice.objects.filter(pk=invoice.pk).update(due_date=due)
    ages = {
        "2026-01-10": "current",
        "2026-01-11": "days_1_30",
        "2026-02-09": "days_1_30",
        "2026-02-10": "days_31_60",
        "2026-03-11": "days_31_60",
        "2026-03-12": "days_61_90",
        "2026-04-10": "days_61_90",
        "2026-04-11": "days_over_90",
    }
    for day, age in ages.items():
        (row,) = read("receivables", until=day)["EUR"].rows
        cells = named("receivables", row)
        assert {name for name, cell in cells.items() if cell == Decimal("10.01")} == {age, "owed"}, day


@pytest.mark.usefixtures("books")
def test_credit_before_and_after_and_all_that_moved_it() -> None:
    for currency in CURRENCIES:
        section = read("credits", **{"from": "2026-02-01", "until": "2026-03-31"})[currency]
        sums = totals("credits", section)
        assert sums["opening"] == ledger("CREDIT", currency=currency, sign=-1, posting__posted_at__lt=at_start_of(2))
        assert sums["closing"] == ledger("CREDIT", currency=currency, sign=-1)
        moved = sum(sums[name] for name in ("paid_in", "given_back", "used", "taken"))
        assert sums["opening"] + moved == sums["closing"]
        assert min(sums["opening"], sums["paid_in"], sums["given_back"], -sums["used"], -sums["taken"]) > 0
        held = Client.objects.filter(currency=currency).aggregate(held=Sum("credit_balance"))["held"]
        assert sums["closing"] == held
        for row in section.rows:
            cells = named("credits", row)
            assert cells["closing"] == Client.objects.get(pk=cells["client_id"]).credit_balance


@pytest.mark.usefixtures("books")
def test_income_of_products_and_of_what_has_none_is_the_revenue() -> None:
    for currency in CURRENCIES:
        section = read("margins", **DAYS)[currency]
        assert totals("margins", section)["income"] == ledger("REVENUE", currency=currency, sign=-1)
        assert {row[0] is None for row in section.rows} == {True, False}


@pytest.mark.usefixtures("books")
def test_income_with_a_promo_code_is_what_its_orders_are_booked_with() -> None:
    for currency in CURRENCIES:
        (row,) = read("promotions", **DAYS)[currency].rows
        cells = named("promotions", row)
        assert cells["income"] == ledger(
            "REVENUE", currency=currency, sign=-1, posting__invoice__order__promo_code="SPRING"
        )
        discounts = InvoiceLine.objects.filter(kind="DISCOUNT", invoice__currency=currency)
        assert cells["discount"] == -sum(line.amount for line in discounts) > 0
        assert cells["price"] - cells["discount"] == cells["income"]
        assert cells["orders"] == discounts.count()


def test_any_number_of_rows_costs_the_same_queries(books: World) -> None:
    few = {report.code: _count(report.code) for report in REPORTS}
    hosting = Product.objects.get(name="Hosting")
    for _client in range(3):
        live_through_it(make_client(country="DE"), hosting)
    assert {report.code: _count(report.code) for report in REPORTS} == few
    assert max(few.values()) <= 9


def _count(code: str) -> int:
    asked = {"receivables": {"until": DAYS["until"]}, "forecast": {}}.get(code, DAYS)
    with CaptureQueriesContext(connection) as captured:
        assert read(code, **asked)
    return len(captured)


@pytest.mark.usefixtures("books")
def test_one_currency_alone_and_the_largest_clients_first() -> None:
    assert list(read("revenue", **DAYS, currency="RUB")) == ["RUB"]
    section = read("credits", **DAYS, limit=1)["EUR"]
    every = read("credits", **DAYS)["EUR"]
    assert (len(section.rows), section.left, section.totals) == (1, 1, every.totals)
    assert section.rows[0] == max(every.rows, key=lambda row: named("credits", row)["closing"])
    report = next(report for report in REPORTS if report.code == "credits")
    wishes = read_wishes(DAYS, asks=report.asks, now=MARCH)
    assert len(list(report.all_rows(wishes))) == 3
