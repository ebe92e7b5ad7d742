"""The nightly run as operators see it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing.actions.renewal_runs import issue_renewals
from billing.automation.planning import keep_plan
from billing.automation.running import run_night
from billing.models import AutomationRun, AutomationSettings, DutyRun, Invoice
from billing.queries.clock import database_now
from tests.billing.admin.pages import ask, buttons_on, list_of, page_of, press, succeeded, text_of
from tests.builders import World, make_active_service, make_client


@pytest.fixture
def braked(world: World) -> DutyRun:
    """Two services of two would end tonight."""
    AutomationSettings.objects.create(pk=1, brake_floor=1)
    for number in range(2):
        service = make_active_service(make_client(), world.lite, ip=f"192.0.2.{number + 1}")
    issue_renewals(on=service.next_due_date, now=database_now())
    day = service.next_due_date + timedelta(days=30)
    moment = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    return run_night(day=day, clock=lambda: moment).duties.get(duty="terminations")


def test_the_page_of_a_duty_that_stopped_says_why_and_what_it_would_do(boss: Browser, braked: DutyRun) -> None:
    page = text_of(boss.get(page_of(braked)))
    assert "2 of 2 live services would end" in page
    assert page.count("Ended unpaid") == 2
    assert buttons_on(boss, braked) == ["release", "skip"]
    assert "without asking again" in ask(boss, braked, "release")


def test_letting_it_go(boss: Browser, braked: DutyRun) -> None:
    assert succeeded(press(boss, braked, "release"))
    braked.refresh_from_db()
    assert (braked.status, bool(braked.released_by)) == ("WAITING", True)
    again = press(boss, braked, "release")
    assert "waits for nobody" in text_of(again)


def test_skipping_it(boss: Browser, braked: DutyRun) -> None:
    assert succeeded(press(boss, braked, "skip"))
    braked.refresh_from_db()
    assert braked.status == "SKIPPED"


def test_who_may_not_change_settings_only_looks(support: Browser, braked: DutyRun) -> None:
    assert buttons_on(support, braked) == []
    assert press(support, braked, "release").status_code == 403


def test_the_nights_page_lists_every_duty_and_the_list_says_who_waits(boss: Browser, braked: DutyRun) -> None:
    page = text_of(boss.get(page_of(braked.run)))
    assert "2 of 2 live services would end" in page
    assert "Reminders and overdue notices" in page
    assert "Waits for you" in text_of(boss.get(list_of(AutomationRun)))


def test_the_coming_night_shows_its_plan(boss: Browser, world: World) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.1")
    issue_renewals(on=service.next_due_date, now=database_now())
    invoice = Invoice.objects.get(status="UNPAID")
    run = keep_plan(day=invoice.due_date + timedelta(days=1), now=database_now())
    page = text_of(boss.get(page_of(run)))
    assert "What this night will do" in page
    notices = run.duties.get(duty="notices")
    assert notices.planned_count == 1
    assert f"Invoice #{invoice.pk}" in text_of(boss.get(page_of(notices)))
    assert "Planned" in text_of(boss.get(list_of(AutomationRun)))


def test_the_list_asks_the_same_for_any_number_of_nights(boss: Browser) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            boss.get(list_of(AutomationRun))
        return len(captured)

    today = datetime(2026, 11, 28, 3, tzinfo=UTC)
    run_night(day=today.date(), clock=lambda: today)
    one = queries()
    for number in range(1, 5):
        run_night(day=today.date() + timedelta(days=number), clock=lambda: today)
    assert queries() == one
