import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import OperationalError

from billing.actions.notifications import send_email
from billing.automation.digest import Digest
from billing.automation.leases import LEASE, LeaseLost, claim_duty, write_items
from billing.automation.night import Touched
from billing.automation.nights import ClockWentBack, due_days, open_run
from billing.automation.running import run_night, run_nights
from billing.automation.starting import DutyNotWaiting, release_duty, run_due_nights, skip_duty
from billing.models import AutomationRun, AutomationSettings, Client, DutyItem, DutyRun, Email
from tests.billing.automation.fake_duties import Greeting, install
from tests.builders import make_client

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)


def at(moment: datetime = NOW):
    return lambda: moment


@pytest.fixture
def greeting(monkeypatch: pytest.MonkeyPatch) -> Greeting:
    duty = Greeting()
    install(monkeypatch, duty)
    return duty


@pytest.fixture
def clients() -> list[Client]:
    return [make_client() for _number in range(7)]


def states(day: date = DAY) -> dict[str, str]:
    return dict(DutyRun.objects.filter(run__day=day).values_list("duty", "status"))


def history(duty: str, *, nights: int, count: int, amount: str = "") -> None:
    for number in range(nights):
        run = AutomationRun.objects.create(day=DAY - timedelta(days=number + 1), started_at=NOW, finished_at=NOW)
        amounts = {"EUR": amount} if amount else {}
        DutyRun.objects.create(run=run, duty=duty, status="DONE", done_count=count, done_amounts=amounts)


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


def test_a_fresh_portal_has_no_usual(greeting: Greeting) -> None:
    for _number in range(30):
        make_client()
    assert run_night(day=DAY, clock=at()).duties.get().status == "DONE"


def test_three_times_the_usual_waits_for_an_operator(
    greeting: Greeting, settings, django_capture_on_commit_callbacks
) -> None:
    settings.OPERATOR_EMAILS = ["ops@example.com"]
    history("greeting", nights=6, count=10)
    for _number in range(31):
        make_client()
    run = run_night(day=DAY, clock=at())
    duty_run = run.duties.get()
    assert (duty_run.status, duty_run.planned_count, duty_run.done_count) == ("BRAKED", 31, 0)
    assert "31 objects: more than 3 times the 10" in duty_run.brake
    assert run.finished_at is None
    letter = Email.objects.get(letter="operator.automation.braked")
    send_email(email_id=letter.pk, now=letter.run_after)
    assert duty_run.brake in mail.outbox[0].body
    run_night(day=DAY, clock=at())
    assert greeting.done() == 0, "nobody has let it go"
    with django_capture_on_commit_callbacks() as callbacks:
        release_duty(duty_run=duty_run, actor="anna", now=NOW)
    assert callbacks
    with pytest.raises(DutyNotWaiting):
        release_duty(duty_run=duty_run, actor="anna", now=NOW)
    assert run_night(day=DAY, clock=at()).finished_at
    assert greeting.done() == 31


def test_thirty_of_a_usual_ten_run(greeting: Greeting) -> None:
    history("greeting", nights=6, count=10)
    for _number in range(30):
        make_client()
    assert run_night(day=DAY, clock=at()).duties.get().status == "DONE"


def test_the_busiest_night_is_what_is_usual_unless_an_operator_let_it_go(greeting: Greeting) -> None:
    history("greeting", nights=6, count=2)
    DutyRun.objects.filter(run__day=DAY - timedelta(days=3)).update(done_count=500, released_by="anna")
    for _number in range(21):
        make_client()
    assert run_night(day=DAY, clock=at()).duties.get().status == "BRAKED"
    DutyRun.objects.update(released_by="")
    DutyRun.objects.filter(run__day=DAY).update(status="WAITING")
    assert run_night(day=DAY, clock=at()).duties.get().status == "DONE"


def test_small_numbers_have_no_brake(greeting: Greeting) -> None:
    history("greeting", nights=6, count=0)
    for _number in range(19):
        make_client()
    assert run_night(day=DAY, clock=at()).duties.get().status == "DONE"


def test_the_brake_floor_is_a_setting(greeting: Greeting, clients: list[Client]) -> None:
    AutomationSettings.objects.create(pk=1, brake_floor=7, brake_factor=Decimal("6.5"))
    history("greeting", nights=6, count=1)
    assert run_night(day=DAY, clock=at()).duties.get().status == "BRAKED"


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


def test_services_ended_by_several_duties_count_together(world, monkeypatch: pytest.MonkeyPatch) -> None:
    AutomationSettings.objects.create(pk=1, brake_floor=1, brake_ended_percent=20)
    duty = Greeting(is_ending=True)
    install(monkeypatch, duty)
    duty_run = run_night(day=DAY, clock=at()).duties.get()
    assert duty_run.status == "BRAKED"
    assert "more than 20 %" in duty_run.brake
