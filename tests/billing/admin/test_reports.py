"""Reports in the back office: who sees them, what the file holds."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing.models import Client, Promotion
from billing.queries.reports import REPORTS, Sort
from billing.queries.reports.files import defused, written
from catalog.models import Product
from noc.sandbox.server import Sandbox
from tests.billing.admin.pages import text_of
from tests.billing.queries.reports.mixed_books import DAYS, ledger, live_through_it, mixed_world, order, receive
from tests.builders import World, make_client, make_hosting

REPORTS_PAGE = "/admin/reports/"


@pytest.fixture
def books(db: None, sandbox: Sandbox) -> World:
    return mixed_world(sandbox)


def file_of(browser: Browser, code: str, **asked: str) -> list[dict[str, str]]:
    answer = browser.get(f"{REPORTS_PAGE}{code}/csv/", asked)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines: Iterator[bytes] = answer.streaming_content  # type: ignore[attr-defined]
    return list(csv.DictReader(b"".join(lines).decode().splitlines()))


@pytest.mark.usefixtures("books")
def test_every_report_has_a_page_and_a_file(sales: Browser) -> None:
    listed = text_of(sales.get(REPORTS_PAGE))
    for report in REPORTS:
        assert f"{REPORTS_PAGE}{report.code}/" in listed
        page = text_of(sales.get(f"{REPORTS_PAGE}{report.code}/", DAYS))
        assert 'id="currency-EUR"' in page
        assert 'id="currency-RUB"' in page
        assert {row["Currency"] for row in file_of(sales, report.code, **DAYS)} == {"EUR", "RUB"}


@pytest.mark.usefixtures("books")
def test_the_file_adds_up_to_the_ledger(boss: Browser) -> None:
    rows = file_of(boss, "revenue", **DAYS, currency="EUR")
    assert {row["Period"] for row in rows} == {"2026-01", "2026-02", "2026-03"}
    assert sum(Decimal(row["With tax"]) for row in rows) == ledger("REVENUE", currency="EUR", sign=-1) + ledger(
        "TAX", currency="EUR", sign=-1
    )
    rows = file_of(boss, "credits", **DAYS, currency="EUR")
    assert sum(Decimal(row["After"]) for row in rows) == ledger("CREDIT", currency="EUR", sign=-1)


def test_no_name_becomes_a_formula(world: World, boss: Browser) -> None:
    client = make_client(first_name='=HYPERLINK("http://evil")')
    Promotion.objects.create(code="@SUM(A1)", type="PERCENT", value=Decimal(10))
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    placed = order(client, make_hosting(world.group, name="-1+1"), now=moment, code="@SUM(A1)")
    receive(placed.invoice, "1.00", now=moment)
    (debtor,) = file_of(boss, "receivables")
    assert debtor["Client"].startswith("'=HYPERLINK")
    assert [row["Product"] for row in file_of(boss, "margins", **DAYS)] == ["'-1+1"]
    assert [row["Promo code"] for row in file_of(boss, "promotions", **DAYS)] == ["'@SUM(A1)"]


def test_figures_are_plain_and_never_taken_for_formulas() -> None:
    assert [defused(text) for text in ("=1", "+1", "-1", "@x", "\tx", "Anna", "")] == [
        "'=1",
        "'+1",
        "'-1",
        "'@x",
        "'\tx",
        "Anna",
        "",
    ]
    assert written(Decimal("-1234567.5000"), Sort.MONEY) == "-1234567.50"
    assert written(Decimal("0.0125"), Sort.MONEY) == "0.0125"
    assert written(Decimal("12.5"), Sort.PERCENT) == "12.5"
    assert written(None, Sort.MONEY) == ""


@pytest.mark.usefixtures("books")
def test_days_that_cannot_be_are_told(boss: Browser) -> None:
    for asked in ({"from": "2026-02-30"}, {"from": "2026-03-01", "until": "2026-01-01"}, {"from": "2001-01-01"}):
        page = boss.get(f"{REPORTS_PAGE}revenue/", asked)
        assert 'role="alert"' in text_of(page)
        assert boss.get(f"{REPORTS_PAGE}revenue/csv/", asked).status_code == 400
    assert boss.get(f"{REPORTS_PAGE}nonsense/").status_code == 404


def test_only_roles_that_may_see_money(world: World, support: Browser, sales: Browser) -> None:
    for address in ("", "revenue/", "revenue/csv/"):
        assert support.get(REPORTS_PAGE + address).status_code == 403
        assert Browser().get(REPORTS_PAGE + address).status_code == 302
    assert REPORTS_PAGE not in text_of(support.get("/admin/"))
    assert REPORTS_PAGE in text_of(sales.get("/admin/"))


def test_a_page_costs_the_same_for_any_number_of_rows(books: World, boss: Browser) -> None:
    few = {report.code: _count(boss, report.code) for report in REPORTS}
    hosting = Product.objects.get(name="Hosting")
    for _client in range(2):
        live_through_it(make_client(country="DE"), hosting)
    assert Client.objects.count() > 5
    assert {report.code: _count(boss, report.code) for report in REPORTS} == few


def _count(browser: Browser, code: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        browser.get(f"{REPORTS_PAGE}{code}/", DAYS)
    return len(captured)
