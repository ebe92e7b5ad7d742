from typing import Any

import httpx
import pytest
from django.test import Client as Browser

from billing.models import Operation, Service
from billing.queries.clock import database_now
from noc.models import Server
from noc.sandbox.server import Sandbox
from tests.billing.admin.pages import ask, buttons_on, list_of, page_of, press, rows_of, succeeded, text_of
from tests.builders import World, make_active_service, place_paid_order, run_due_operations


@pytest.fixture
def service(world: World) -> Service:
    """Ordered and paid; nothing was bought yet."""
    return place_paid_order(world.client, world.lite, ip="192.0.2.10", licname="web")


def bring_to(service: Service, **changes: Any) -> Operation:
    """The purchase of a service in a state that only a bad day at the partner leads to."""
    service.operations.update(**changes)
    return service.operations.get()


def undecided(service: Service) -> Operation:
    now = database_now()
    sent = {"sent_at": now, "first_sent_at": now, "snapshot": [], "attempt": 1}
    return bring_to(service, status="NEEDS_CHECK", message="Several look alike.", **sent)


def test_the_list_opens_with_what_needs_a_person(world: World, service: Service, boss: Browser) -> None:
    make_active_service(world.client, world.lite, ip="192.0.2.11", licname="fine")
    held = bring_to(service, status="HELD", hold_reason="NO_MONEY")
    assert rows_of(boss.get(list_of(Operation))) == [held]
    assert len(rows_of(boss.get(list_of(Operation, "?show=all")))) == Operation.objects.count()
    assert rows_of(boss.get(list_of(Operation, "?show=open"))) == [held]


def test_a_failure_that_was_tried_again_needs_nobody(service: Service, boss: Browser) -> None:
    failed = bring_to(service, status="FAILED")
    assert rows_of(boss.get(list_of(Operation))) == [failed]
    press(boss, failed, "retry")
    assert rows_of(boss.get(list_of(Operation))) == []
    assert service.operations.filter(status="QUEUED").exists()


def test_a_search_looks_beyond_what_needs_a_person(world: World, boss: Browser) -> None:
    done = make_active_service(world.client, world.lite, ip="192.0.2.11", licname="fine").operations.get(kind="CREATE")
    assert rows_of(boss.get(list_of(Operation, f"?q={done.pk}"))) == [done]


def test_held_is_retried_now(service: Service, boss: Browser) -> None:
    held = bring_to(service, status="HELD", hold_reason="SERVER_DISABLED")
    assert buttons_on(boss, held) == ["retry", "cancel"]
    assert "Runs now, without waiting any longer: it buys Product ID 55227" in ask(boss, held, "retry")
    assert succeeded(press(boss, held, "retry"))
    run_due_operations()
    service.refresh_from_db()
    assert service.status == "ACTIVE"


def test_what_was_never_sent_can_be_cancelled(service: Service, boss: Browser) -> None:
    held = bring_to(service, status="HELD", hold_reason="NO_MONEY")
    assert "Nothing was sent" in ask(boss, held, "cancel")
    press(boss, held, "cancel")
    held.refresh_from_db()
    assert held.status == "CANCELLED"
    assert buttons_on(boss, held) == []


def test_what_was_sent_offers_decisions_and_no_cancel(service: Service, boss: Browser) -> None:
    operation = undecided(service)
    assert buttons_on(boss, operation) == ["look_again", "adopt", "not_bought", "give_up"]
    assert "Nothing is sent" in ask(boss, operation, "look_again")
    assert "the partner may be paid twice" in ask(boss, operation, "not_bought")
    refused = press(boss, operation, "cancel")
    assert not succeeded(refused)
    assert "cannot be cancelled" in text_of(refused)


def test_looking_again_sends_nothing(service: Service, boss: Browser) -> None:
    operation = undecided(service)
    assert succeeded(press(boss, operation, "look_again"))
    operation.refresh_from_db()
    assert operation.status == "CHECKING"


def test_a_purchase_is_resolved_by_its_number(world: World, service: Service, sandbox: Sandbox, boss: Browser) -> None:
    operation = undecided(service)
    assert "remote_id" in press(boss, operation, "adopt", remote_id="letters").context["form"].errors
    taken = make_active_service(world.client, world.lite, ip="192.0.2.11", licname="other")
    assert f"Service {taken.pk} has it" in text_of(press(boss, operation, "adopt", remote_id=taken.remote_id))
    number = seed(sandbox)
    assert f'value="{number}"' in ask(boss, operation, f"adopt-{number}")
    assert succeeded(press(boss, operation, f"adopt-{number}", remote_id=number))
    operation.refresh_from_db()
    assert (operation.status, operation.remote_id) == ("CHECKING", number)
    assert operation.events.get(name="operation.resolved").actor == "full_administrator@example.com"


def seed(sandbox: Sandbox, **values: Any) -> str:
    """A license at the partner that looks like the order."""
    item = {"pricelist": 55227, "ip": "192.0.2.10", "licname": "web", **values}
    return str(httpx.post(f"{sandbox.url}/admin/items", json=item).raise_for_status().json()["ids"][0])


def test_candidates_are_read_from_the_partner_on_click(service: Service, sandbox: Sandbox, boss: Browser) -> None:
    operation = undecided(service)
    fits, old = seed(sandbox), seed(sandbox, createdate="2020-01-01")
    assert "Look for candidates" in text_of(boss.get(page_of(operation)))
    words = text_of(boss.get(f"{page_of(operation).removesuffix('change/')}candidates/"))
    assert fits in words
    assert old in words
    assert "It was made before this order was sent." in words
    assert f"/do/adopt-{fits}/" in words


def test_a_silent_partner_is_told_on_click(world: World, service: Service, boss: Browser) -> None:
    operation = undecided(service)
    Server.objects.update(hostname="http://127.0.0.1:9")
    words = text_of(boss.get(f"{page_of(operation).removesuffix('change/')}candidates/"))
    assert "The partner could not be asked" in words


def test_giving_up_says_what_happens_to_the_money_and_wants_a_reason(service: Service, boss: Browser) -> None:
    operation = undecided(service)
    assert "cancel the order to give the money back" in ask(boss, operation, "give_up")
    assert not succeeded(press(boss, operation, "give_up", reason=""))
    assert succeeded(press(boss, operation, "give_up", reason="no longer wanted"))
    operation.refresh_from_db()
    assert operation.status == "FAILED"
    assert "Given up by a person: no longer wanted" in text_of(boss.get(page_of(operation)))


def test_a_purchase_that_was_not_made_is_sent_again(service: Service, boss: Browser) -> None:
    operation = undecided(service)
    assert succeeded(press(boss, operation, "not_bought"))
    run_due_operations()
    service.refresh_from_db()
    assert service.status == "ACTIVE"


def test_the_page_tells_attempts_calls_and_snapshot(world: World, boss: Browser) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.11", licname="fine")
    operation = service.operations.get(kind="CREATE")
    words = text_of(boss.get(page_of(operation)))
    assert "Attempt 1" in words
    assert "soft.order.param" in words
    assert "Look-alikes before sending" in words
    assert "sandbox-password" not in words


def test_many_are_retried_after_a_question(world: World, service: Service, boss: Browser) -> None:
    other = place_paid_order(world.client, world.lite, ip="192.0.2.11", licname="two")
    held = [bring_to(each, status="HELD", hold_reason="NO_SERVER") for each in (service, other)]
    sent = {"action": "retry_selected", "_selected_action": [operation.pk for operation in held]}
    question = text_of(boss.post(list_of(Operation), sent))
    assert question.count("Runs now") == 2
    assert Operation.objects.filter(status="HELD").count() == 2
    boss.post(list_of(Operation), {**sent, "confirmed": "yes"})
    assert Operation.objects.filter(status="QUEUED").count() == 2


def test_one_that_cannot_be_retried_does_not_stop_the_others(world: World, service: Service, boss: Browser) -> None:
    done = make_active_service(world.client, world.lite, ip="192.0.2.11", licname="two").operations.get(kind="CREATE")
    held = bring_to(service, status="HELD", hold_reason="NO_SERVER")
    sent = {"action": "retry_selected", "_selected_action": [done.pk, held.pk], "confirmed": "yes"}
    question = {key: value for key, value in sent.items() if key != "confirmed"}
    assert "Nothing: it is finished" in text_of(boss.post(list_of(Operation, "?show=all"), question))
    page = boss.post(list_of(Operation, "?show=all"), sent, follow=True)
    held.refresh_from_db()
    assert held.status == "QUEUED"
    assert "This operation is finished." in text_of(page)
