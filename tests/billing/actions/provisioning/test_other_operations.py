"""RENEW, TERMINATE, SYNC and CHANGE against the partner, with its refusals and lost answers."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from babel.dates import format_date

from billing.actions.commands import ChangeInvalid, CommandNotAllowed, UnknownCommand, change_service, run_command
from billing.actions.order_decisions import cancel_order
from billing.actions.provisioning import run_operation
from billing.actions.renewal_runs import issue_renewals
from billing.models import Invoice, Operation, Service
from billing.provisioners.ispmanager_noc import RemoteSide
from billing.queries.operations import operation_words
from billing.queries.services import field_values
from noc.models import CallLog
from noc.sandbox.server import Sandbox
from tests.builders import World, judge_cover, make_active_service, pay, place_paid_order, run_due_operations
from tests.clocks import MovingClock

PROLONG = "service.prolong"
Misbehave = Callable[..., None]
Items = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def service(world: World) -> Service:
    return make_active_service(world.client, world.lite, ip="192.0.2.10", licname="shop")


def run(operation: Operation, clock: MovingClock) -> Operation:
    Operation.objects.filter(pk=operation.pk).update(run_after=clock())
    run_operation(operation_id=operation.pk, clock=clock)
    operation.refresh_from_db()
    return operation


def command(service: Service, code: str, clock: MovingClock) -> Operation:
    return run_command(service=service, command=code, actor="operator", now=clock())


def switch(sandbox: Sandbox, address: str, **body: Any) -> Any:
    return httpx.post(f"{sandbox.url}/admin/{address}", json=body).raise_for_status().json()


class TestRenewing:
    def renewal(self, service: Service, clock: MovingClock) -> Operation:
        issue_renewals(on=service.next_due_date, now=clock())
        pay(Invoice.objects.get(status="UNPAID"))
        return Operation.objects.get(kind="RENEW")

    def test_a_paid_renewal_extends_the_partners_date_and_ours(
        self, service: Service, clock: MovingClock, live_items: Items
    ) -> None:
        before = service.expires_on
        assert run(self.renewal(service, clock), clock).status == "DONE"
        service.refresh_from_db()
        assert service.expires_on > before + timedelta(days=27)
        assert live_items()[0]["expiredate"] == service.expires_on.isoformat()
        assert service.paid_until == service.next_due_date
        assert judge_cover(now=clock()) == 0

    @pytest.mark.parametrize("fault", ["lost_after_act", "truncated_body", "empty_body"])
    def test_a_lost_answer_is_read_back_not_paid_again(
        self, service: Service, clock: MovingClock, misbehave: Misbehave, live_items: Items, fault: str
    ) -> None:
        misbehave(fault, func=PROLONG, params={"sok": "ok"}, count=1)
        operation = self.renewal(service, clock)
        run(operation, clock)
        clock.skip(seconds=3)
        assert run(operation, clock).status == "DONE"
        service.refresh_from_db()
        assert live_items()[0]["expiredate"] == service.expires_on.isoformat()
        paid = [call for call in CallLog.objects.filter(func=PROLONG) if call.params.get("sok") == "ok"]
        assert len(paid) == 1

    def test_a_renewal_that_never_arrived_needs_a_person_and_is_not_sent_again(
        self, service: Service, clock: MovingClock, misbehave: Misbehave, sandbox: Sandbox
    ) -> None:
        misbehave("cut_before_act", func=PROLONG, params={"sok": "ok"})
        operation = self.renewal(service, clock)
        for _look in range(3):
            run(operation, clock)
            clock.skip(minutes=11)
        assert operation.status == "NEEDS_CHECK"
        assert format_date(service.expires_on, locale="en") in operation_words(operation)
        assert judge_cover(now=clock()) == 0
        assert httpx.get(f"{sandbox.url}/admin/state").json()["acts"].get("prolong", 0) == 0

    @pytest.mark.parametrize(
        ("variant", "words"), [("too_early", "Too early: the partner"), ("not_processed", "it is in process, or was")]
    )
    def test_a_refusal_fails_in_words(
        self, service: Service, clock: MovingClock, misbehave: Misbehave, variant: str, words: str
    ) -> None:
        misbehave("prolong_refused", variant=variant)
        operation = self.renewal(service, clock)
        assert run(operation, clock).status == "FAILED"
        assert words in operation_words(operation)

    def test_no_money_holds_the_renewal(self, service: Service, clock: MovingClock, misbehave: Misbehave) -> None:
        misbehave("no_money", variant="error", count=1)
        operation = self.renewal(service, clock)
        assert run(operation, clock).hold_reason == "NO_MONEY"

    def test_one_payment_for_two_periods_renews_twice(self, service: Service, clock: MovingClock) -> None:
        Service.objects.filter(pk=service.pk).update(paid_until=service.expires_on + timedelta(days=61))
        assert judge_cover(now=clock()) == 1
        run_due_operations(clock)
        assert Operation.objects.filter(kind="RENEW", status="DONE").count() == 2
        service.refresh_from_db()
        assert service.expires_on + timedelta(days=3) >= service.paid_until

    def test_three_days_are_tolerated(self, service: Service, clock: MovingClock) -> None:
        Service.objects.filter(pk=service.pk).update(paid_until=service.expires_on + timedelta(days=3))
        assert judge_cover(now=clock()) == 0

    def test_an_end_date_is_extended_once(self, service: Service, clock: MovingClock) -> None:
        first = command(service, "renew", clock)
        run(first, clock)
        Service.objects.filter(pk=service.pk).update(expires_on=first.extends_from)
        service.refresh_from_db()
        assert command(service, "renew", clock) == first


class TestTerminating:
    def test_it_is_deleted_at_the_partner_and_ends_here(
        self, service: Service, clock: MovingClock, live_items: Items
    ) -> None:
        assert run(command(service, "terminate", clock), clock).status == "DONE"
        service.refresh_from_db()
        assert (service.status, live_items()) == ("TERMINATED", [])

    @pytest.mark.parametrize("fault", ["lost_after_act", "cut_before_act", "http_500"])
    def test_a_lost_answer_is_asked_again(
        self, service: Service, clock: MovingClock, misbehave: Misbehave, live_items: Items, fault: str
    ) -> None:
        misbehave(fault, func="soft.delete", count=1)
        operation = command(service, "terminate", clock)
        assert run(operation, clock).status == "QUEUED"
        assert run(operation, clock).status == "DONE"
        assert live_items() == []

    def test_a_refusal_leaves_the_service_alone(
        self, service: Service, clock: MovingClock, misbehave: Misbehave, live_items: Items
    ) -> None:
        misbehave("delete_refused")
        operation = command(service, "terminate", clock)
        assert run(operation, clock).status == "FAILED"
        service.refresh_from_db()
        assert (service.status, len(live_items())) == ("ACTIVE", 1)

    def test_modules_end_before_their_license(self, world: World, service: Service, clock: MovingClock) -> None:
        module = make_active_service(world.client, world.bitninja, item=service.remote_id)
        parent_end = command(service, "terminate", clock)
        assert run(parent_end, clock).hold_reason == "CHILDREN_FIRST"
        run_due_operations(clock)
        for ended in (module, service):
            ended.refresh_from_db()
            assert ended.status == "TERMINATED"

    def test_terminating_what_was_not_bought_cancels_the_purchase(
        self, world: World, clock: MovingClock, live_items: Items
    ) -> None:
        waiting = place_paid_order(world.client, world.lite, ip="192.0.2.50")
        run(command(waiting, "terminate", clock), clock)
        run_due_operations(clock)
        waiting.refresh_from_db()
        assert (waiting.status, live_items()) == ("TERMINATED", [])

    def sent_and_lost(self, world: World, clock: MovingClock, misbehave: Misbehave, fault: str) -> Service:
        misbehave(fault, func="soft.order.param", count=1)
        service = place_paid_order(world.client, world.lite, ip="192.0.2.50")
        run(service.operations.get(), clock)
        cancel_order(order=service.order_line.order, actor="operator", now=clock())
        run(service.operations.get(kind="TERMINATE"), clock)
        assert service.operations.get(kind="TERMINATE").status == "QUEUED"
        return service

    def test_a_sent_purchase_is_found_first_and_ended_behind(
        self, world: World, clock: MovingClock, misbehave: Misbehave, live_items: Items
    ) -> None:
        service = self.sent_and_lost(world, clock, misbehave, "lost_after_act")
        assert len(live_items()) == 1
        clock.skip(seconds=3)
        run_due_operations(clock, ahead=timedelta(minutes=1))
        service.refresh_from_db()
        assert (service.status, live_items()) == ("CANCELLED", [])

    def test_a_cancelled_purchase_that_never_arrived_is_not_sent_again(
        self, world: World, clock: MovingClock, misbehave: Misbehave, sandbox: Sandbox
    ) -> None:
        service = self.sent_and_lost(world, clock, misbehave, "cut_before_act")
        for _look in range(5):
            clock.skip(seconds=201)
            for operation in service.operations.unsettled():
                run(operation, clock)
        service.refresh_from_db()
        assert service.status == "CANCELLED"
        assert {operation.status for operation in service.operations.all()} == {"FAILED", "DONE"}
        assert httpx.get(f"{sandbox.url}/admin/state").json()["acts"].get("order", 0) == 0

    def test_a_purchase_cancelled_just_before_it_is_sent_is_not_sent(
        self, world: World, clock: MovingClock, live_items: Items, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service = place_paid_order(world.client, world.lite, ip="192.0.2.50")
        read_lists = RemoteSide.list_all

        def cancel_meanwhile(side: RemoteSide) -> Any:
            cancel_order(order=service.order_line.order, actor="operator", now=clock())
            return read_lists(side)

        monkeypatch.setattr(RemoteSide, "list_all", cancel_meanwhile)
        run_due_operations(clock, ahead=timedelta(minutes=1))
        service.refresh_from_db()
        assert (service.status, live_items()) == ("CANCELLED", [])
        assert service.operations.get(kind="CREATE").status == "CANCELLED"


class TestSyncing:
    def test_status_date_and_key_come_over(self, service: Service, sandbox: Sandbox, clock: MovingClock) -> None:
        switch(sandbox, "items", id=int(service.remote_id), status=3, expiredate="2031-01-31", lickey="1-NEW")
        run(command(service, "sync", clock), clock)
        service.refresh_from_db()
        assert (service.status, service.expires_on) == ("SUSPENDED", date(2031, 1, 31))
        assert field_values(service)["lickey"] == "1-NEW"

    def test_auto_renewal_found_on_is_turned_off(
        self, service: Service, sandbox: Sandbox, clock: MovingClock, live_items: Items
    ) -> None:
        switch(sandbox, "items", id=int(service.remote_id), autoprolong=1)
        run(command(service, "sync", clock), clock)
        (item,) = live_items()
        assert (item["autoprolong"], item["licname"], item["ip"]) == (None, "shop", "192.0.2.10")

    def test_deleted_at_the_partner_ends_the_service(
        self, service: Service, sandbox: Sandbox, clock: MovingClock
    ) -> None:
        switch(sandbox, "items", id=int(service.remote_id), status=4)
        run(command(service, "sync", clock), clock)
        service.refresh_from_db()
        assert service.status == "TERMINATED"
        assert service.events.filter(name="service.gone_at_partner").exists()

    def test_processing_leaves_our_status_alone(
        self, service: Service, clock: MovingClock, misbehave: Misbehave
    ) -> None:
        misbehave("stuck_processing", func=PROLONG)
        command(service, "renew", clock)
        run_due_operations(clock)
        service.refresh_from_db()
        assert service.status == "ACTIVE"


class TestChanging:
    def test_the_partner_is_changed_first_then_ours(
        self, service: Service, clock: MovingClock, live_items: Items
    ) -> None:
        fields = {"licname": "магазин", "ip": "192.0.2.77"}
        operation = change_service(service=service, fields=fields, actor="client", now=clock())
        assert field_values(service)["ip"] == "192.0.2.10"
        assert run(operation, clock).status == "DONE"
        (item,) = live_items()
        service.refresh_from_db()
        assert (item["licname"], item["ip"]) == ("магазин", "192.0.2.77")
        assert (field_values(service)["licname"], service.dedicated_ip) == ("магазин", "192.0.2.77")

    def test_a_refusal_changes_nothing_here(self, service: Service, clock: MovingClock, misbehave: Misbehave) -> None:
        misbehave("ip_change_refused")
        for ip in ("192.0.2.77", "192.0.2.78"):
            operation = change_service(service=service, fields={"ip": ip}, actor="client", now=clock())
            run(operation, clock)
        assert operation.status == "FAILED"
        assert operation_words(operation).startswith("The partner refused the change:")
        assert field_values(service)["ip"] == "192.0.2.77"

    def test_both_fields_are_sent_when_one_is_given(self, service: Service, clock: MovingClock) -> None:
        operation = change_service(service=service, fields={"ip": "192.0.2.77"}, actor="client", now=clock())
        run(operation, clock)
        call = CallLog.objects.filter(func="soft.edit", params__sok="ok").latest("id")
        assert (call.params["licname"], call.params["ip"]) == ("shop", "192.0.2.77")

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"ip": "999.1.1.1"}, "ip"),
            ({"ip": ""}, "ip"),
            ({"lickey": "x"}, "lickey"),
            ({"licname": "a\x00b"}, "licname"),
        ],
    )
    def test_bad_values_are_refused_on_their_field(
        self, service: Service, clock: MovingClock, fields: dict[str, str], field: str
    ) -> None:
        with pytest.raises(ChangeInvalid) as refusal:
            change_service(service=service, fields=fields, actor="client", now=clock())
        assert list(refusal.value.errors) == [field]


class TestCommandsAndStates:
    def test_an_unknown_command_is_named(self, service: Service, clock: MovingClock) -> None:
        with pytest.raises(UnknownCommand, match="suspend"):
            command(service, "suspend", clock)

    @pytest.mark.parametrize(("code", "words"), [("create", "It is there already"), ("change", "Unknown command")])
    def test_commands_that_do_not_fit_an_active_service(
        self, service: Service, clock: MovingClock, code: str, words: str
    ) -> None:
        with pytest.raises((CommandNotAllowed, UnknownCommand), match=words):
            command(service, code, clock)

    @pytest.mark.parametrize("code", ["renew", "sync"])
    def test_a_pending_service_has_nothing_to_renew_or_read(self, world: World, clock: MovingClock, code: str) -> None:
        waiting = place_paid_order(world.client, world.lite, ip="192.0.2.50")
        with pytest.raises(CommandNotAllowed, match="not been created yet"):
            command(waiting, code, clock)

    def test_an_ended_service_takes_no_command(self, service: Service, clock: MovingClock) -> None:
        run(command(service, "terminate", clock), clock)
        for code in ("create", "renew", "terminate", "sync"):
            with pytest.raises(CommandNotAllowed, match="has ended"):
                command(service, code, clock)
