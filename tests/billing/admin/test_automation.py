"""The nightly run as operators see it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing.actions.renewal_runs import issue_renewals
from billing.automation.planning import keep_plan
from billing.automation.running import run_night
from billing.models import AutomationRun, DutyRun, Event, Invoice
from billing.queries.clock import database_now
from tests.billing.admin.pages import add_page, ask, buttons_on, list_of, page_of, press, succeeded, text_of
from tests.builders import World, make_active_service, make_client
from tests.kept_scenes import kept_scene


@pytest.fixture
@kept_scene
def braked(world: World) -> DutyRun:
    """Two services of two would end tonight."""
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


def test_a_new_portal_says_when_its_first_night_is_planned_and_lets_a_worker_do_it_now(
    boss: Browser, wakeups: list[tuple[str, Any]], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    page = text_of(boss.get(list_of(AutomationRun)))
    assert "Within ten minutes" in page
    assert "Do what is due now" in page
    with django_capture_on_commit_callbacks(execute=True):
        assert boss.post(add_page(AutomationRun))["Location"] == list_of(AutomationRun)
    assert wakeups == [("billing.run_automation", {})]
    assert Event.objects.get(name="automation.planned").actor == "full_administrator@example.com"


def test_going_on_makes_a_plan_afresh(
    boss: Browser, wakeups: list[tuple[str, Any]], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    now = database_now()
    run = keep_plan(day=now.date() + timedelta(days=1), now=now)
    assert "no night begins before its hour" in ask(boss, run, "go_on")
    with django_capture_on_commit_callbacks(execute=True):
        assert succeeded(press(boss, run, "go_on"))
    run.refresh_from_db()
    assert (run.planned_at, wakeups) == (None, [("billing.run_automation", {})])


def test_who_may_not_change_settings_cannot_ask_a_worker(support: Browser) -> None:
    assert "Do what is due now" not in text_of(support.get(list_of(AutomationRun)))
    assert support.post(add_page(AutomationRun)).status_code == 403


def test_the_list_asks_the_same_for_any_number_of_nights(boss: Browser) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            boss.get(list_of(AutomationRun))
        return len(captured)

    today = datetime(2026, 11, 28, 3, tzinfo=UTC)
    run_night(day=today.date(), clock=lambda: today)
    one = queries()
    for number in range(1, 3):
        run_night(day=today.date() + timedelta(days=number), clock=lambda: today)
    assert queries() == one
