import pytest

from billing.actions.cancellations import (
    CancellationRefused,
    paid_period_end,
    request_cancellation,
    withdraw_cancellation,
)
from billing.models import CancellationRequest, CancellationType, Email, Event, Operation, Service
from billing.queries.clock import database_now
from tests.builders import World, make_active_service, place_paid_order, run_due_operations


@pytest.fixture
def service(world: World) -> Service:
    return make_active_service(world.client, world.lite, ip="192.0.2.1")


def ask(service: Service, type: CancellationType = CancellationType.END_OF_PERIOD) -> CancellationRequest:
    return request_cancellation(service=service, type=type, reason=" Moving away ", actor="anna", now=database_now())


def test_a_wish_for_the_end_of_the_period_changes_nothing_yet(service: Service, settings) -> None:
    settings.OPERATOR_EMAILS = ["ops@example.com"]
    wish = ask(service)
    service.refresh_from_db()
    assert (wish.status, wish.reason, service.status) == ("OPEN", "Moving away", "ACTIVE")
    event = Event.objects.get(name="cancellation.requested")
    assert event.data["until"] == str(service.paid_until)
    letters = set(Email.objects.filter(event=event).values_list("letter", flat=True))
    assert letters == {"cancellation.requested", "operator.cancellation.requested"}


def test_now_ends_it_at_the_partner(service: Service) -> None:
    assert CancellationRequest.objects.get(pk=ask(service, CancellationType.IMMEDIATE).pk).status == "DONE"
    run_due_operations()
    service.refresh_from_db()
    assert service.status == "CANCELLED"


def test_a_second_wish_is_refused(service: Service) -> None:
    ask(service)
    with pytest.raises(CancellationRefused, match="asked for already"):
        ask(service, CancellationType.IMMEDIATE)
    assert not Operation.objects.filter(kind="TERMINATE").exists()


def test_after_taking_it_back_one_may_ask_again(service: Service) -> None:
    wish = ask(service)
    withdraw_cancellation(wish=wish, actor="anna", now=database_now())
    with pytest.raises(CancellationRefused):
        withdraw_cancellation(wish=wish, actor="anna", now=database_now())
    assert ask(service).status == "OPEN"


def test_what_is_not_there_yet_cannot_be_stopped(world: World) -> None:
    with pytest.raises(CancellationRefused, match="not been created"):
        ask(place_paid_order(world.client, world.lite, ip="192.0.2.1"))


def test_what_has_ended_cannot_be_stopped(service: Service) -> None:
    ask(service, CancellationType.IMMEDIATE)
    with pytest.raises(CancellationRefused, match="being ended"):
        ask(service)
    run_due_operations()
    with pytest.raises(CancellationRefused, match="has ended"):
        ask(service)


def test_what_was_paid_once_has_no_period(service: Service) -> None:
    Service.objects.filter(pk=service.pk).update(paid_until=None, next_due_date=None)
    service.refresh_from_db()
    assert paid_period_end(service) is None
    with pytest.raises(CancellationRefused, match="stop it now"):
        ask(service)


def test_modules_end_with_their_license(world: World, service: Service) -> None:
    module = make_active_service(world.client, world.bitninja, item=service.remote_id)
    assert module.parent == service
    ask(service, CancellationType.IMMEDIATE)
    run_due_operations()
    assert set(Service.objects.values_list("status", flat=True)) == {"CANCELLED"}
