import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError

from billing.automation.digest import Digest
from billing.automation.leases import LEASE, LeaseLost, claim_duty, write_items
from billing.automation.night import Touched
from billing.automation.nights import ClockWentBack, due_days, open_run
from billing.automation.running import run_night, run_nights
from billing.automation.starting import run_due_nights, skip_duty
from billing.models import AutomationRun, AutomationSettings, Client, DutyItem, DutyRun, Email
from tests.billing.automation.fake_duties import Greeting, install
from tests.billing.automation.nights import DAY, NOW, at, history, states
from tests.builders import make_client

pytestmark = pytest.mark.django_db


def test_every_object_is_touched_once_and_noted(greeting: Greeting, clients: list[Client]) -> None:
    run = run_night(day=DAY, clock=at())
    duty_run = run.duties.get()
    assert run.finished_at
    assert (duty_run.status, duty_run.planned_count, duty_run.done_count, duty_run.failed_count) == ("DONE", 7, 7, 0)
    assert set(DutyItem.objects.values_list("object_type", "object_id")) == {("client", one.pk) for one in clients}


def test_a_second_start_of_the_same_day_does_nothing(greeting: Greeting, clients: list[Client]) -> None:
    run_night(day=DAY, clock=at())
    make_client()
    run_night(day=DAY, clock=at(NOW + timedelta(hours=1)))
    assert (greeting.done(), DutyRun.objects.get().attempt) == (7, 1)


def test_one_that_cannot_be_done_keeps_no_other_from_it(greeting: Greeting, clients: list[Client]) -> None:
    greeting.broken = {clients[1].pk, clients[6].pk}
    duty_run = run_night(day=DAY, clock=at()).duties.get()
    assert (duty_run.status, duty_run.done_count, duty_run.failed_count) == ("DONE", 5, 2)
    failed = DutyItem.objects.get(object_id=clients[1].pk)
    assert (failed.is_failed, failed.outcome) == (True, "ValueError: cannot be greeted")


def test_what_a_killed_worker_left_is_done_by_the_next(greeting: Greeting, clients: list[Client]) -> None:
    def die(client: Client) -> None:
        if client.pk == clients[4].pk:
            raise SystemExit

    greeting.before = die
    with pytest.raises(SystemExit):
        run_night(day=DAY, clock=at())
    assert (greeting.done(), states()) == (3, {"greeting": "RUNNING"})
    greeting.before = lambda _client: None
    run_night(day=DAY, clock=at(NOW + LEASE / 2))
    assert greeting.done() == 3, "the lease of the killed worker was not over yet"
    run = run_night(day=DAY, clock=at(NOW + LEASE))
    assert (run.duties.get().done_count, run.duties.get().attempt, greeting.done()) == (7, 2, 7)


def test_a_worker_that_lost_its_lease_undoes_its_batch(greeting: Greeting, clients: list[Client]) -> None:
    def lose(client: Client) -> None:
        if client.pk == clients[3].pk:
            DutyRun.objects.update(attempt=9)

    greeting.before = lose
    run_night(day=DAY, clock=at())
    assert Client.objects.exclude(company="").count() == 3
    assert greeting.done() == 3


def test_nobody_overtakes_a_worker_that_is_at_a_duty(monkeypatch: pytest.MonkeyPatch, clients: list[Client]) -> None:
    install(monkeypatch, Greeting(), Greeting(code="farewell"))
    run = open_run(day=DAY, now=NOW)
    assert claim_duty(run.duties.get(duty="greeting"), now=NOW)
    tomorrow = DAY + timedelta(days=1)
    runs = run_nights(days=[DAY, tomorrow], clock=at(NOW + LEASE / 2))
    assert [one.day for one in runs] == [DAY]
    assert states() == {"greeting": "RUNNING", "farewell": "WAITING"}
    run_nights(days=[DAY, tomorrow], clock=at(NOW + LEASE))
    assert states() == states(tomorrow) == {"greeting": "DONE", "farewell": "DONE"}


def test_operators_are_told_once_though_the_worker_dies_after_writing_to_them(
    monkeypatch: pytest.MonkeyPatch, db: None, settings
) -> None:
    settings.OPERATOR_EMAILS = ["ops@example.com"]
    install(monkeypatch, Digest())
    with monkeypatch.context() as dying:
        dying.setattr("billing.automation.running.leave_duty", lambda *_run, **_facts: sys.exit())
        with pytest.raises(SystemExit):
            run_night(day=DAY, clock=at())
    assert run_night(day=DAY, clock=at(NOW + LEASE)).finished_at
    assert Email.objects.filter(letter="operator.automation.finished").count() == 1


def test_a_late_worker_can_note_nothing(greeting: Greeting) -> None:
    run = open_run(day=DAY, now=NOW)
    late, newer = run.duties.get(), run.duties.get()
    assert claim_duty(late, now=NOW)
    assert not claim_duty(newer, now=NOW + LEASE / 2)
    assert claim_duty(newer, now=NOW + LEASE)
    with pytest.raises(LeaseLost):
        write_items(late, [Touched("client", 1)], now=NOW + LEASE)


def test_a_database_that_goes_away_fails_the_duty_and_the_next_start_goes_on(
    greeting: Greeting, clients: list[Client], settings
) -> None:
    settings.OPERATOR_EMAILS = ["ops@example.com"]

    def fail(client: Client) -> None:
        if client.pk == clients[4].pk:
            raise OperationalError("gone")

    greeting.before = fail
    run_night(day=DAY, clock=at())
    assert (states(), greeting.done()) == ({"greeting": "FAILED"}, 3)
    assert Email.objects.filter(letter="operator.automation.failed").count() == 1
    greeting.before = lambda _client: None
    assert run_night(day=DAY, clock=at()).finished_at
    assert greeting.done() == 7


def test_a_skipped_duty_is_left_to_the_next_day(greeting: Greeting, clients: list[Client]) -> None:
    AutomationSettings.objects.create(pk=1, brake_floor=1)
    history("greeting", nights=6, count=1)
    duty_run = run_night(day=DAY, clock=at()).duties.get()
    tomorrow = DAY + timedelta(days=1)
    run_night(day=tomorrow, clock=at(NOW + timedelta(days=1)))
    assert states(tomorrow) == {"greeting": "WAITING"}, "the earlier day goes first"
    skip_duty(duty_run=duty_run, actor="anna", now=NOW)
    run_night(day=tomorrow, clock=at(NOW + timedelta(days=1)))
    assert states(tomorrow) == {"greeting": "BRAKED"}
    run_night(day=DAY, clock=at())
    assert states() == {"greeting": "SKIPPED"}
    assert AutomationRun.objects.get(day=DAY).finished_at


def test_the_plan_of_a_night_that_went_on_later_counts_what_was_done_before(
    greeting: Greeting, clients: list[Client]
) -> None:
    def stop(client: Client) -> None:
        if client == clients[4]:
            raise OperationalError("the server closed the connection")

    greeting.before = stop
    cut_off = run_night(day=DAY, clock=at()).duties.get()
    assert (cut_off.status, cut_off.planned_count, cut_off.done_count) == ("FAILED", 7, 3)
    greeting.before = lambda _client: None
    duty_run = run_night(day=DAY, clock=at()).duties.get()
    assert (duty_run.status, duty_run.planned_count, duty_run.done_count) == ("DONE", 7, 7)


def test_only_one_duty_is_done_when_only_one_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, clients: list[Client]
) -> None:
    install(monkeypatch, Greeting(), Greeting(code="farewell"))
    run = run_night(day=DAY, clock=at(), only="farewell")
    assert states() == {"greeting": "WAITING", "farewell": "DONE"}
    assert run.finished_at is None


def test_missed_days_are_caught_up_in_order(greeting: Greeting, clients: list[Client]) -> None:
    run_due_nights(clock=at(NOW - timedelta(days=4)))
    runs = run_due_nights(clock=at())
    assert [run.day for run in runs] == [DAY - timedelta(days=back) for back in (3, 2, 1, 0)]
    assert all(run.finished_at for run in runs)
    assert clients[0].pk in DutyItem.objects.filter(duty_run__run__day=DAY).values_list("object_id", flat=True)


def test_nothing_begins_before_the_hour(greeting: Greeting, clients: list[Client]) -> None:
    before = datetime(2026, 11, 28, 1, 59, tzinfo=UTC)
    assert run_due_nights(clock=at(before)) == []
    run = AutomationRun.objects.get(day=DAY)
    assert (run.started_at, run.duties.get().planned_count, greeting.done()) == (None, 7, 0)
    assert [run.day for run in run_due_nights(clock=at(before + timedelta(minutes=1)))] == [DAY]


def test_a_night_that_was_begun_goes_on_before_the_next_ones_hour(greeting: Greeting, clients: list[Client]) -> None:
    run = open_run(day=DAY, now=NOW)
    assert run.finished_at is None
    runs = run_due_nights(clock=at(datetime(2026, 11, 29, 0, 30, tzinfo=UTC)))
    assert [run.day for run in runs] == [DAY]
    assert greeting.done() == 7


def test_a_day_before_the_last_run_is_refused(greeting: Greeting) -> None:
    run_night(day=DAY, clock=at())
    with pytest.raises(ClockWentBack):
        due_days(today=DAY - timedelta(days=1))
