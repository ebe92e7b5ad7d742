"""A person's decision on what the evidence left open, and what they see before they decide."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from billing.actions.commands import run_command
from billing.actions.provisioning import OperationNotOpen, ResolveInvalid, resolve_operation, run_operation
from billing.actions.provisioning.candidates import look_for_candidates, read_end_dates
from billing.models import Operation, Service
from billing.queries.operations import operation_words
from noc.models import Server
from noc.sandbox.server import Sandbox
from tests.builders import World, judge_cover, make_active_service, place_paid_order, run_due_operations
from tests.clocks import MovingClock

Misbehave = Callable[..., None]
Items = Callable[[], list[dict[str, Any]]]
LITE = {"pricelist": 55227, "ip": "192.0.2.10", "licname": "web"}


@pytest.fixture
def operation(world: World, clock: MovingClock) -> Operation:
    """A purchase of "web" on 192.0.2.10 that may have been made, beside an older namesake."""
    service = place_paid_order(world.client, world.lite, ip="192.0.2.10", licname="web")
    now = clock()
    sent = {"sent_at": now, "first_sent_at": now, "snapshot": ["700900"], "match_key": "web", "attempt": 1}
    service.operations.update(status="NEEDS_CHECK", **sent)
    return service.operations.get()


@pytest.fixture
def renewal(world: World, clock: MovingClock, misbehave: Misbehave) -> Operation:
    """A renewal that was sent and never arrived."""
    service = make_active_service(world.client, world.lite, ip="192.0.2.10", licname="web")
    misbehave("cut_before_act", func="service.prolong", params={"sok": "ok"}, count=1)
    operation = run_command(service=service, command="renew", actor="operator", now=clock())
    for _look in range(3):
        run(operation, clock)
        clock.skip(minutes=11)
    assert operation.status == "NEEDS_CHECK"
    return operation


def run(operation: Operation, clock: MovingClock) -> Operation:
    Operation.objects.filter(pk=operation.pk).update(run_after=clock())
    run_operation(operation_id=operation.pk, clock=clock)
    operation.refresh_from_db()
    return operation


def seed(sandbox: Sandbox, **values: Any) -> str:
    answer = httpx.post(f"{sandbox.url}/admin/items", json={**LITE, **values}).raise_for_status().json()
    return str(answer["ids"][0])


def decide(operation: Operation, decision: Any, clock: MovingClock, **more: Any) -> Operation:
    return resolve_operation(operation=operation, decision=decision, actor="operator", now=clock(), **more)


class TestCandidates:
    def test_each_says_why_it_fits_or_not(self, world: World, operation: Operation, sandbox: Sandbox) -> None:
        other = make_active_service(world.client, world.lite, ip="192.0.2.11", licname="other")
        Service.objects.filter(pk=other.pk).update(remote_id=(held := seed(sandbox)))
        seed(sandbox, licname="stranger", ip="192.0.2.99")
        words = {
            (fits := seed(sandbox)): "",
            seed(sandbox, createdate="2020-01-01"): "It was made before this order was sent.",
            seed(sandbox, remoteid="999"): "It bears the number of another service.",
            seed(sandbox, status=4): "It is deleted.",
            seed(sandbox, status=1): "It is ordered and not paid: nothing was bought.",
            held: f"Service {other.pk} has it.",
        }
        found = look_for_candidates(operation)
        assert {one.remote.id: one.objection for one in found} == words
        assert found[0].remote.id == fits
        hopeless = {one.objection for one in found if not one.can_be_adopted}
        assert hopeless == {why for why in words.values() if "deleted" in why or "paid" in why or "has it" in why}

    def test_what_was_there_before_is_named(self, operation: Operation, sandbox: Sandbox) -> None:
        before = seed(sandbox)
        Operation.objects.update(snapshot=[before])
        operation.refresh_from_db()
        assert [one.objection for one in look_for_candidates(operation)] == ["It was there before this order."]

    def test_a_renewal_shows_its_dates(self, renewal: Operation, sandbox: Sandbox) -> None:
        dates = read_end_dates(renewal)
        assert dates.before == dates.now == renewal.service.expires_on


class TestAdopting:
    def test_the_one_that_fits_is_taken_over(
        self, operation: Operation, sandbox: Sandbox, clock: MovingClock, live_items: Items
    ) -> None:
        number = seed(sandbox)
        decide(operation, "adopt", clock, remote_id=number)
        assert run(operation, clock).status == "DONE"
        operation.service.refresh_from_db()
        assert (operation.service.status, operation.service.remote_id, len(live_items())) == ("ACTIVE", number, 1)
        event = operation.events.get(name="operation.resolved")
        assert (event.actor, event.data["decision"], event.data["remote_id"]) == ("operator", "adopt", number)

    def test_what_was_there_before_needs_a_tick(
        self, operation: Operation, sandbox: Sandbox, clock: MovingClock
    ) -> None:
        number = seed(sandbox)
        Operation.objects.update(snapshot=[number])
        operation.refresh_from_db()
        with pytest.raises(ResolveInvalid, match="there before this order") as refusal:
            decide(operation, "adopt", clock, remote_id=number)
        assert list(refusal.value.errors) == ["insist"]
        decide(operation, "adopt", clock, remote_id=number, insist=True)
        assert run(operation, clock).status == "DONE"

    @pytest.mark.parametrize(
        ("values", "words"), [({"status": 4}, "deleted"), ({"status": 1}, "not paid"), (None, "no service")]
    )
    def test_what_is_not_there_is_refused_whatever_is_ticked(
        self, operation: Operation, sandbox: Sandbox, clock: MovingClock, values: dict[str, Any] | None, words: str
    ) -> None:
        number = "799999" if values is None else seed(sandbox, **values)
        with pytest.raises(ResolveInvalid, match=words) as refusal:
            decide(operation, "adopt", clock, remote_id=number, insist=True)
        assert list(refusal.value.errors) == ["remote_id"]

    def test_nothing_is_decided_while_the_partner_is_silent(self, operation: Operation, clock: MovingClock) -> None:
        Server.objects.update(hostname="http://127.0.0.1:9")
        with pytest.raises(ResolveInvalid, match="nothing was decided"):
            decide(operation, "adopt", clock, remote_id="700001")
        operation.refresh_from_db()
        assert operation.status == "NEEDS_CHECK"

    def test_a_renewal_that_was_extended_is_closed_and_read(
        self, renewal: Operation, sandbox: Sandbox, clock: MovingClock
    ) -> None:
        later = renewal.extends_from + timedelta(days=30)
        item = {"id": int(renewal.service.remote_id), "expiredate": str(later)}
        httpx.post(f"{sandbox.url}/admin/items", json=item).raise_for_status()
        assert decide(renewal, "adopt", clock).kind == "SYNC"
        run_due_operations(clock)
        renewal.service.refresh_from_db()
        renewal.refresh_from_db()
        assert (renewal.status, renewal.service.expires_on) == ("DONE", later)


class TestTryingAgain:
    def test_a_purchase_is_made_once(self, operation: Operation, clock: MovingClock, live_items: Items) -> None:
        assert decide(operation, "not_bought", clock) == operation
        assert run(operation, clock).status == "DONE"
        assert len(live_items()) == 1

    def test_what_came_late_after_all_is_found_instead(
        self, operation: Operation, sandbox: Sandbox, clock: MovingClock, live_items: Items
    ) -> None:
        decide(operation, "not_bought", clock)
        seed(sandbox)
        assert run(operation, clock).status == "DONE"
        assert len(live_items()) == 1

    def test_a_renewal_is_sent_afresh(self, renewal: Operation, sandbox: Sandbox, clock: MovingClock) -> None:
        afresh = decide(renewal, "not_bought", clock)
        renewal.refresh_from_db()
        assert (renewal.status, afresh.pk != renewal.pk) == ("FAILED", True)
        assert run(afresh, clock).status == "DONE"
        assert httpx.get(f"{sandbox.url}/admin/state").json()["acts"]["prolong"] == 1


class TestGivingUp:
    def test_it_wants_a_reason(self, operation: Operation, clock: MovingClock) -> None:
        with pytest.raises(ResolveInvalid) as refusal:
            decide(operation, "give_up", clock, reason=" ")
        assert list(refusal.value.errors) == ["reason"]

    def test_a_purchase_ends_in_words_and_nothing_is_sent(
        self, operation: Operation, clock: MovingClock, live_items: Items
    ) -> None:
        decide(operation, "give_up", clock, reason="the client has left")
        run_due_operations(clock)
        operation.refresh_from_db()
        assert (operation.status, live_items()) == ("FAILED", [])
        assert operation_words(operation) == "Given up by a person: the client has left"
        assert operation.service.order_line.order.invoice.status == "PAID"

    def test_a_renewal_is_not_sent_again_by_itself(self, renewal: Operation, clock: MovingClock) -> None:
        service = renewal.service
        Service.objects.filter(pk=service.pk).update(paid_until=service.expires_on + timedelta(days=30))
        decide(renewal, "give_up", clock, reason="unclear")
        assert judge_cover(now=clock()) == 0
        service.refresh_from_db()
        by_hand = run_command(service=service, command="renew", actor="operator", now=clock())
        assert run(by_hand, clock).status == "DONE"


@pytest.mark.parametrize("decision", ["adopt", "not_bought", "give_up"])
def test_only_what_needs_a_person_is_decided(operation: Operation, clock: MovingClock, decision: str) -> None:
    Operation.objects.update(status="DONE")
    operation.refresh_from_db()
    with pytest.raises(OperationNotOpen):
        decide(operation, decision, clock, remote_id="1", reason="x")
