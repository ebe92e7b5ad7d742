"""Reports in a real browser: no barriers, nothing wider than the screen, filters and the file behind the button."""

import csv
import os
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client as DjangoBrowser
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from billing.models import User
from billing.queries.reports import REPORTS
from catalog.models import Currency
from tests.billing.queries.reports.mixed_books import DAYS, live_a_quarter
from tests.browser.conftest import find_barriers, is_wider_than_screen
from tests.builders import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = (360, 768, 1440)
THEMES = ("light", "dark")


@pytest.fixture
def back_office(portal: Page, live_server: LiveServer) -> Page:
    """A full administrator's browser."""
    session = DjangoBrowser()
    session.force_login(User.objects.create_user("boss@example.com", is_staff=True, role="FULL_ADMINISTRATOR"))
    cookie = session.cookies[settings.SESSION_COOKIE_NAME].value
    portal.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return portal


def look_at(page: Page, address: str, name: str) -> list[str]:
    """Barriers of our own part, and widths that it does not fit; looks are kept where SCREENSHOTS says."""
    problems = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.goto(address)
        problems += [one for one in find_barriers(page) if ".bo-" in one or ".report-" in one]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if is_wider_than_screen(page):
                problems.append(f"{name} is wider than {width}")
            if folder := os.environ.get("SCREENSHOTS"):
                page.screenshot(path=Path(folder) / f"{name}-{theme}-{width}.png", full_page=True)
    return problems


@pytest.mark.timeout(400)
def test_reports_have_no_barriers(back_office: Page, live_server: LiveServer, shop: World) -> None:
    reports = f"{live_server.url}/admin/reports/"
    problems = look_at(back_office, reports, "reports")
    problems += look_at(back_office, f"{reports}revenue/", "revenue-empty")
    problems += look_at(back_office, f"{reports}revenue/?from=2026-03-01&until=2026-01-01", "revenue-wrong")
    Currency.objects.filter(code="RUB").update(rate=90)
    live_a_quarter(shop)
    for report in REPORTS:
        days = f"?from={DAYS['from']}&until={DAYS['until']}"
        problems += look_at(back_office, f"{reports}{report.code}/{days}", report.code)
    assert problems == []


def test_filters_and_the_file_follow_each_other(back_office: Page, live_server: LiveServer, shop: World) -> None:
    Currency.objects.filter(code="RUB").update(rate=90)
    live_a_quarter(shop)
    page = back_office
    page.goto(live_server.url + "/admin/reports/")
    page.get_by_role("link", name="Revenue and tax").click()
    page.get_by_label("From").fill("2026-01-01")
    page.get_by_label("Until").fill("2026-03-31")
    page.get_by_label("Rows").select_option("quarter")
    page.get_by_label("Currency").select_option("RUB")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("heading", name="RUB").wait_for()
    assert page.get_by_role("heading", name="EUR").count() == 0
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "revenue_2026-01-01_2026-03-31.csv"
    rows = list(csv.reader(Path(download.value.path()).read_text().splitlines()))
    assert [row[:3] for row in rows[1:]] == [["RUB", "2026-Q1", "No tax"]]
