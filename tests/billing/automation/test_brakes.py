"""Brakes: what a duty would do beside what is usual, and beside the services that live."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail

from billing.actions.notifications import send_email
from billing.automation.brakes import read_usual
from billing.automation.running import run_night
from billing.automation.starting import DutyNotWaiting, release_duty
from billing.models import AutomationSettings, Client, DutyRun, Email, Service
from tests.billing.automation.fake_duties import Greeting, OneEnd, install
from tests.billing.automation.nights import DAY, NOW, at, history, states
from tests.builders import World, make_active_service, make_client

pytestmark = pytest.mark.django_db


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


def test_the_busiest_night_is_what_is_usual(greeting: Greeting) -> None:
    history("greeting", nights=6, count=2)
    DutyRun.objects.filter(run__day=DAY - timedelta(days=3)).update(done_count=7)
    for _number in range(21):
        make_client()
    assert run_night(day=DAY, clock=at()).duties.get().status == "DONE"


@pytest.mark.parametrize(("let_go", "usual"), [([500], 2), ([500, 40], 40), ([500, 40, 60], 60), ([1, 1], 2)])
def test_what_an_operator_let_go_is_usual_from_the_second_time_on(let_go: list[int], usual: int) -> None:
    history("greeting", nights=8, count=2, amount="20.00")
    for back, count in enumerate(let_go, start=3):
        nights = DutyRun.objects.filter(run__day=DAY - timedelta(days=back))
        nights.update(done_count=count, done_amounts={"EUR": f"{count * 10}.00"}, released_by="anna")
    found = read_usual("greeting")
    assert (found.nights, found.count, found.amounts) == (8, usual, {"EUR": Decimal(usual * 10)})


def test_nights_that_grow_are_not_stopped_for_ever(greeting: Greeting) -> None:
    history("greeting", nights=30, count=1)
    for _number in range(60):
        make_client()
    stopped = 0
    for number in range(4):
        moment = at(NOW + timedelta(days=number))
        duty_run = run_night(day=DAY + timedelta(days=number), clock=moment).duties.get()
        if duty_run.status == "BRAKED":
            stopped += 1
            release_duty(duty_run=duty_run, actor="anna", now=NOW)
            run_night(day=DAY + timedelta(days=number), clock=moment)
    assert (stopped, greeting.done()) == (2, 4 * 60)


def test_small_numbers_have_no_brake(greeting: Greeting) -> None:
    history("greeting", nights=6, count=0)
    for _number in range(19):
        make_client()
    assert run_night(day=DAY, clock=at()).duties.get().status == "DONE"


def test_the_brake_floor_is_a_setting(greeting: Greeting, clients: list[Client]) -> None:
    AutomationSettings.objects.create(pk=1, brake_floor=7, brake_factor=Decimal("6.5"))
    history("greeting", nights=6, count=1)
    assert run_night(day=DAY, clock=at()).duties.get().status == "BRAKED"


class TestEndedShare:
    """More than a fifth of what lives is not ended without a word, in a small portal too."""

    @staticmethod
    def live(world: World, *, count: int) -> None:
        for number in range(count):
            make_active_service(world.client, world.lite, ip=f"192.0.2.{number + 1}")

    @pytest.mark.parametrize(("ending", "living", "status"), [(2, 9, "BRAKED"), (2, 10, "DONE"), (1, 1, "DONE")])
    def test_is_judged_whatever_the_number(
        self, world: World, monkeypatch: pytest.MonkeyPatch, ending: int, living: int, status: str
    ) -> None:
        self.live(world, count=living)
        for _number in range(ending - Client.objects.count()):
            make_client()
        install(monkeypatch, Greeting(is_ending=True))
        duty_run = run_night(day=DAY, clock=at()).duties.get()
        assert (duty_run.planned_count, duty_run.status) == (ending, status)
        assert ("more than 20 %" in duty_run.brake) == (status == "BRAKED")

    def test_counts_what_several_duties_end_together(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.live(world, count=2)
        install(monkeypatch, Greeting(is_ending=True), Greeting(code="farewell", is_ending=True))
        run_night(day=DAY, clock=at())
        assert states() == {"greeting": "DONE", "farewell": "BRAKED"}
        assert "2 of 2 live services" in DutyRun.objects.get(duty="farewell").brake

    def test_what_ended_tonight_lived_when_the_night_began(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.live(world, count=10)
        install(monkeypatch, OneEnd(code="greeting"), OneEnd(code="farewell"))
        run_night(day=DAY, clock=at())
        assert states() == {"greeting": "DONE", "farewell": "DONE"}
        assert Service.objects.live().count() == 8

    def test_a_service_more_is_too_much(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.live(world, count=9)
        install(monkeypatch, OneEnd(code="greeting"), OneEnd(code="farewell"))
        run_night(day=DAY, clock=at())
        assert states() == {"greeting": "DONE", "farewell": "BRAKED"}
        assert "2 of 9 live services" in DutyRun.objects.get(duty="farewell").brake
