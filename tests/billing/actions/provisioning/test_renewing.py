"""RENEW in the corners: other periods, dates at odds, trials, the partner's own renewal, and why it is refused."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from billing.actions.commands import CommandInvalid, CommandNotAllowed, run_command
from billing.actions.provisioning import run_operation
from billing.models import Operation, Service
from billing.queries.operations import operation_words
from noc.models import CallLog
from noc.sandbox.server import Sandbox
from tests.builders import World, make_active_service, run_due_operations
from tests.clocks import MovingClock

Misbehave = Callable[..., None]
Items = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def service(world: World) -> Service:
    return make_active_service(world.client, world.lite, ip="192.0.2.10", licname="shop")


def renew(service: Service, clock: MovingClock, period: int | None = None) -> Operation:
    service.refresh_from_db()
    operation = run_command(service=service, command="renew", actor="operator", now=clock(), period=period)
    run_operation(operation_id=operation.pk, clock=clock)
    operation.refresh_from_db()
    return operation


def change_item(sandbox: Sandbox, service: Service, **values: Any) -> None:
    httpx.post(f"{sandbox.url}/admin/items", json={"id": int(service.remote_id), **values}).raise_for_status()


def payments(sandbox: Sandbox) -> int:
    count: int = httpx.get(f"{sandbox.url}/admin/state").json()["acts"].get("prolong", 0)
    return count


def test_an_operator_chooses_among_periods(service: Service, clock: MovingClock, sandbox: Sandbox) -> None:
    before = service.expires_on
    assert renew(service, clock, period=12).status == "DONE"
    service.refresh_from_db()
    assert (service.expires_on.year, payments(sandbox)) == (before.year + 1, 1)


def test_a_period_that_the_partner_does_not_offer_is_not_sent(
    service: Service, clock: MovingClock, sandbox: Sandbox
) -> None:
    operation = renew(service, clock, period=6)
    assert (operation.status, payments(sandbox)) == ("FAILED", 0)
    assert operation_words(operation) == "The partner does not renew this for 6 months, only for: 1, 12."


@pytest.mark.parametrize("period", [0, -100, 2, 600])
def test_a_senseless_period_is_refused(service: Service, clock: MovingClock, period: int) -> None:
    with pytest.raises(CommandInvalid) as refusal:
        run_command(service=service, command="renew", actor="operator", now=clock(), period=period)
    assert list(refusal.value.errors) == ["period"]


def test_only_a_renewal_takes_a_period(service: Service, clock: MovingClock) -> None:
    with pytest.raises(CommandInvalid, match="Only a renewal"):
        run_command(service=service, command="sync", actor="operator", now=clock(), period=1)


@pytest.mark.parametrize("drift", [-20, 10])
def test_dates_at_odds_do_not_confuse_it(service: Service, clock: MovingClock, sandbox: Sandbox, drift: int) -> None:
    """Ours is stale: what is compared is the partner's date as it was right before sending."""
    theirs = service.expires_on + timedelta(days=drift)
    change_item(sandbox, service, expiredate=str(theirs))
    operation = renew(service, clock)
    service.refresh_from_db()
    assert (operation.status, operation.snapshot, payments(sandbox)) == ("DONE", [str(theirs)], 1)
    assert service.expires_on > theirs + timedelta(days=27)


def test_what_the_partner_extended_already_is_not_paid_again(
    service: Service, clock: MovingClock, sandbox: Sandbox
) -> None:
    change_item(sandbox, service, expiredate=str(service.expires_on + timedelta(days=31)))
    operation = renew(service, clock)
    assert (operation.status, payments(sandbox)) == ("DONE", 0)
    assert "nothing was sent" in operation_words(operation)


def test_the_partners_own_renewal_goes_off(
    service: Service, clock: MovingClock, sandbox: Sandbox, live_items: Items
) -> None:
    change_item(sandbox, service, autoprolong=1)
    assert renew(service, clock).status == "DONE"
    assert [item["autoprolong"] for item in live_items()] == [None]


def test_that_it_stays_on_does_not_undo_the_renewal(
    service: Service, clock: MovingClock, sandbox: Sandbox, misbehave: Misbehave
) -> None:
    change_item(sandbox, service, autoprolong=1)
    misbehave("http_500", func="soft.edit", params={"sok": "ok"})
    assert renew(service, clock).status == "DONE"


def test_a_trial_is_neither_offered_nor_sent(service: Service, clock: MovingClock, sandbox: Sandbox) -> None:
    queued = run_command(service=service, command="renew", actor="operator", now=clock())
    Service.objects.filter(pk=service.pk).update(tariff_id="55239")
    run_operation(operation_id=queued.pk, clock=clock)
    queued.refresh_from_db()
    assert (queued.status, payments(sandbox)) == ("FAILED", 0)
    service.refresh_from_db()
    with pytest.raises(CommandNotAllowed, match="a trial ends on its last day"):
        run_command(service=service, command="renew", actor="operator", now=clock())


def test_what_is_in_process_is_not_renewed(service: Service, clock: MovingClock, sandbox: Sandbox) -> None:
    change_item(sandbox, service, processing=True)
    operation = renew(service, clock)
    assert operation.status == "FAILED"
    assert "still at work" in operation_words(operation)
    assert not CallLog.objects.filter(func="service.prolong", params__sok="ok").exists()


def test_what_is_gone_is_not_renewed(service: Service, clock: MovingClock, sandbox: Sandbox) -> None:
    change_item(sandbox, service, status=4)
    operation = renew(service, clock)
    assert operation.status == "FAILED"
    assert "any more" in operation_words(operation)


def test_too_early_names_the_day(service: Service, clock: MovingClock, misbehave: Misbehave) -> None:
    misbehave("prolong_refused", variant="too_early")
    operation = renew(service, clock)
    assert operation.message_values == {"date": str(service.expires_on)}
    assert date.fromisoformat(operation.message_values["date"]) == service.expires_on


def test_the_automatic_renewal_goes_its_way_after_a_refusal(
    service: Service, clock: MovingClock, misbehave: Misbehave
) -> None:
    misbehave("prolong_refused", variant="too_early", count=1)
    assert renew(service, clock).status == "FAILED"
    assert renew(service, clock).status == "DONE"
    run_due_operations(clock)
    assert Operation.objects.filter(kind="RENEW").count() == 2
