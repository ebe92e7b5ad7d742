from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from billing.actions import accounts
from billing.actions.provisioning import (
    OperationNotOpen,
    ResolveInvalid,
    cancel_operation,
    free_expired_leases,
    release_ready,
    resolve_operation,
    retry_operation,
    run_operation,
)
from billing.actions.provisioning.claiming import claim_operation
from billing.actions.queueing import AlreadyProvisioned, queue_create
from billing.models import Email, Operation, Service
from billing.provisioners.ispmanager_noc import RemoteSide
from billing.queries.operations import operation_words
from billing.queries.services import field_values
from noc.models import CallLog
from noc.sandbox.server import Sandbox
from tests.builders import World, make_active_service, make_product, place, place_paid_order, run_due_operations
from tests.clocks import MovingClock

ORDER = "soft.order.param"
Misbehave = Callable[..., None]
Items = Callable[[], list[dict[str, Any]]]


def buy(world: World, **fields: str) -> tuple[Service, Operation]:
    service = place_paid_order(world.client, world.lite, **{"ip": "192.0.2.10", **fields})
    return service, service.operations.get()


def run(operation: Operation, clock: MovingClock) -> Operation:
    Operation.objects.filter(pk=operation.pk).update(run_after=clock())
    run_operation(operation_id=operation.pk, clock=clock)
    operation.refresh_from_db()
    return operation


class TestBuying:
    def test_a_paid_service_becomes_active_with_key_number_and_end_date(
        self, world: World, clock: MovingClock, live_items: Items
    ) -> None:
        service, operation = buy(world, licname="shop")
        assert run(operation, clock).status == "DONE"
        service.refresh_from_db()
        (item,) = live_items()
        assert (service.status, service.remote_id, service.expires_on.isoformat()) == (
            "ACTIVE",
            str(item["id"]),
            item["expiredate"],
        )
        values = field_values(service)
        assert values == {"ip": "192.0.2.10", "licname": "shop", "lickey": item["lickey"], "order_id": str(item["id"])}
        assert item["remoteid"] == str(service.pk)
        assert item["autoprolong"] is None
        assert service.dedicated_ip == "192.0.2.10"

    def test_the_key_is_stored_encrypted(self, world: World, clock: MovingClock) -> None:
        service, operation = buy(world)
        run(operation, clock)
        row = service.field_values.get(field__key="lickey")
        assert row.plain_value == ""
        assert row.secret_value == field_values(service)["lickey"]

    def test_a_second_wake_up_does_nothing(self, world: World, clock: MovingClock, live_items: Items) -> None:
        _service, operation = buy(world)
        run(operation, clock)
        run(operation, clock)
        assert len(live_items()) == 1
        assert operation.attempt == 1

    def test_a_service_with_a_number_is_never_created_again(self, world: World, clock: MovingClock) -> None:
        service = make_active_service(world.client, world.lite, ip="192.0.2.11")
        with pytest.raises(AlreadyProvisioned):
            queue_create(service=service, now=clock())

    def test_a_key_that_comes_late_is_fetched_by_a_sync(
        self, world: World, sandbox: Sandbox, clock: MovingClock
    ) -> None:
        httpx.post(f"{sandbox.url}/admin/options", json={"lickey_empty_reads": 3}).raise_for_status()
        service, operation = buy(world)
        assert run(operation, clock).status == "DONE"
        assert "lickey" not in field_values(service)
        run_due_operations(clock, ahead=timedelta(hours=1))
        assert field_values(service)["lickey"]

    def test_a_letter_tells_the_client_once(self, world: World, clock: MovingClock) -> None:
        service, operation = buy(world)
        run(operation, clock)
        assert Email.objects.filter(letter="service.activated", event__service=service).count() == 1


class TestLostAnswers:
    @pytest.mark.parametrize(
        "fault",
        [
            {"name": "lost_after_act"},
            {"name": "truncated_body"},
            {"name": "empty_body"},
            {"name": "missing_id"},
            {"name": "long_request"},
            {"name": "http_500", "phase": "after"},
            {"name": "captcha", "phase": "after"},
            {"name": "http_302", "phase": "after"},
            {"name": "in_process", "phase": "after"},
        ],
        ids=lambda fault: "-".join(fault.values()),
    )
    def test_what_was_bought_is_found_and_adopted(
        self, world: World, clock: MovingClock, misbehave: Misbehave, live_items: Items, fault: dict[str, str]
    ) -> None:
        misbehave(**fault, func=ORDER, count=1)
        service, operation = buy(world)
        assert run(operation, clock).status == "CHECKING"
        clock.skip(seconds=3)
        assert run(operation, clock).status == "DONE"
        (item,) = live_items()
        service.refresh_from_db()
        assert service.remote_id == str(item["id"])

    @pytest.mark.parametrize("fault", ["cut_before_act", "http_500", "http_403", "captcha", "in_process"])
    def test_what_never_arrived_is_sent_again_after_its_looks(
        self, world: World, clock: MovingClock, misbehave: Misbehave, live_items: Items, fault: str
    ) -> None:
        misbehave(fault, func=ORDER, count=1)
        service, operation = buy(world)
        run(operation, clock)
        looks = 0
        while operation.status == "CHECKING":
            assert live_items() == []
            clock.skip(seconds=201)
            run(operation, clock)
            looks += 1
        assert (looks, operation.status, operation.resends) == (3, "QUEUED", 1)
        run(operation, clock)
        service.refresh_from_db()
        assert (service.status, len(live_items())) == ("ACTIVE", 1)

    def test_looks_that_come_too_soon_prove_nothing(
        self, world: World, clock: MovingClock, misbehave: Misbehave
    ) -> None:
        misbehave("cut_before_act", func=ORDER, count=1)
        _service, operation = buy(world)
        for _look in range(6):
            run(operation, clock)
            clock.skip(seconds=10)
        assert (operation.status, operation.looks) == ("CHECKING", 0)

    def test_an_account_may_forbid_to_order_again(self, world: World, clock: MovingClock, misbehave: Misbehave) -> None:
        accounts.save_account(values={"may_send_again": False}, server=world.server, actor="test", now=clock())
        misbehave("cut_before_act", func=ORDER)
        _service, operation = buy(world)
        for _look in range(4):
            run(operation, clock)
            clock.skip(seconds=201)
        assert operation.status == "NEEDS_CHECK"
        assert "does not order again by itself" in operation_words(operation)

    def test_after_two_resends_a_person_decides(self, world: World, clock: MovingClock, misbehave: Misbehave) -> None:
        misbehave("cut_before_act", func=ORDER)
        _service, operation = buy(world)
        for _look in range(20):
            run(operation, clock)
            clock.skip(seconds=201)
        assert (operation.status, operation.resends) == ("NEEDS_CHECK", 2)

    def test_a_purchase_that_comes_late_is_adopted_instead_of_sent_again(
        self, world: World, sandbox: Sandbox, clock: MovingClock, misbehave: Misbehave, live_items: Items
    ) -> None:
        misbehave("cut_before_act", func=ORDER, count=1)
        service, operation = buy(world)
        while run(operation, clock).status != "QUEUED":
            clock.skip(seconds=201)
        seed = {"kind": "soft", "pricelist": 55227, "ip": "192.0.2.10", "licname": f"service-{service.pk}"}
        httpx.post(f"{sandbox.url}/admin/items", json=seed).raise_for_status()
        assert run(operation, clock).status == "DONE"
        assert len(live_items()) == 1

    def test_an_older_namesake_is_not_adopted(
        self, world: World, sandbox: Sandbox, clock: MovingClock, misbehave: Misbehave
    ) -> None:
        seed = {"kind": "soft", "pricelist": 55227, "ip": "192.0.2.10", "licname": "shop"}
        httpx.post(f"{sandbox.url}/admin/items", json=seed).raise_for_status()
        misbehave("cut_before_act", func=ORDER, count=1)
        _service, operation = buy(world, licname="shop")
        run(operation, clock)
        clock.skip(seconds=3)
        assert run(operation, clock).status == "CHECKING"
        assert operation.remote_id == ""

    def test_two_new_look_alikes_need_a_person(
        self, world: World, sandbox: Sandbox, clock: MovingClock, misbehave: Misbehave
    ) -> None:
        misbehave("cut_before_act", func=ORDER, count=1)
        _service, operation = buy(world, licname="shop")
        run(operation, clock)
        for _copy in range(2):
            seed = {"kind": "soft", "pricelist": 55227, "ip": "192.0.2.10", "licname": "shop"}
            httpx.post(f"{sandbox.url}/admin/items", json=seed).raise_for_status()
        assert run(operation, clock).status == "NEEDS_CHECK"
        assert operation_words(operation) == "Several new licenses at the partner could be this one."

    def test_a_worker_that_died_after_its_intent_only_looks(
        self, world: World, clock: MovingClock, live_items: Items
    ) -> None:
        _service, operation = buy(world)
        claim = claim_operation(operation_id=operation.pk, now=clock())
        assert claim is not None
        Operation.objects.filter(pk=operation.pk).update(sent_at=clock(), first_sent_at=clock(), snapshot=[])
        clock.skip(seconds=121)
        free_expired_leases(now=clock())
        operation.refresh_from_db()
        assert operation.status == "CHECKING"
        run(operation, clock)
        assert (operation.status, live_items()) == ("CHECKING", [])

    def test_a_worker_that_died_before_its_intent_is_replaced(self, world: World, clock: MovingClock) -> None:
        _service, operation = buy(world)
        claim_operation(operation_id=operation.pk, now=clock())
        clock.skip(seconds=121)
        free_expired_leases(now=clock())
        assert run(operation, clock).status == "DONE"
        assert [attempt.outcome for attempt in operation.history.all()] == ["LOST", "DONE"]

    def test_the_lease_covers_the_paying_call_however_long_the_lists_took(
        self, world: World, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _service, operation = buy(world)
        read_lists, pay = RemoteSide.list_all, RemoteSide.buy

        def read_slowly(side: RemoteSide) -> Any:
            clock.skip(seconds=100)
            return read_lists(side)

        def pay_seeing_the_lease(side: RemoteSide, *prepared: Any) -> Any:
            operation.refresh_from_db()
            assert operation.lease_expires_at - clock() > timedelta(seconds=90)
            return pay(side, *prepared)

        monkeypatch.setattr(RemoteSide, "list_all", read_slowly)
        monkeypatch.setattr(RemoteSide, "buy", pay_seeing_the_lease)
        assert run(operation, clock).status == "DONE"

    def test_a_late_worker_cannot_close_a_newer_claim(self, world: World, clock: MovingClock) -> None:
        from billing.actions.provisioning.outcomes import ClaimLost, fail

        _service, operation = buy(world)
        late = claim_operation(operation_id=operation.pk, now=clock())
        assert late is not None
        clock.skip(seconds=121)
        free_expired_leases(now=clock())
        assert run(operation, clock).status == "DONE"
        with pytest.raises(ClaimLost):
            fail(late, now=clock(), message="too late")


class TestProcessing:
    def test_stuck_in_processing_waits_and_ends_when_it_is_done(
        self, world: World, sandbox: Sandbox, clock: MovingClock, misbehave: Misbehave
    ) -> None:
        misbehave("stuck_processing")
        service, operation = buy(world)
        for _look in range(3):
            assert run(operation, clock).status == "CHECKING"
            clock.skip(minutes=5)
        httpx.delete(f"{sandbox.url}/admin/faults").raise_for_status()
        assert run(operation, clock).status == "DONE"
        service.refresh_from_db()
        assert service.status == "ACTIVE"

    def test_stuck_for_a_day_needs_a_person(self, world: World, clock: MovingClock, misbehave: Misbehave) -> None:
        misbehave("stuck_processing")
        _service, operation = buy(world)
        run(operation, clock)
        clock.skip(hours=25)
        assert run(operation, clock).status == "NEEDS_CHECK"


class TestHolding:
    @pytest.mark.parametrize("variant", ["error", "basket"])
    def test_no_money_holds_the_account_until_it_is_topped_up(
        self, world: World, sandbox: Sandbox, clock: MovingClock, misbehave: Misbehave, live_items: Items, variant: str
    ) -> None:
        misbehave("no_money", variant=variant, count=1)
        service, operation = buy(world)
        assert run(operation, clock).status == "HELD"
        assert (operation.hold_reason, operation.match_key) == ("NO_MONEY", "")
        assert [item for item in live_items() if item["status"] != 1] == []
        _other, second = buy(world, ip="192.0.2.20")
        assert run(second, clock).hold_reason == "NO_MONEY"
        calls = CallLog.objects.filter(func=ORDER).count()
        assert calls == 1, "a held account is not asked again"
        assert httpx.get(f"{sandbox.url}/admin/state").json()["basket"] == []
        accounts.test_account(server=world.server, actor="test", now=clock())
        run_due_operations(clock)
        service.refresh_from_db()
        assert service.status == "ACTIVE"

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"password": "another"}, "refuses the login"),
            ({"allowed_ips": ["203.0.113.0/24"]}, "refuses the login"),
        ],
    )
    def test_a_refused_login_holds_and_says_so(
        self, world: World, sandbox: Sandbox, clock: MovingClock, change: dict[str, Any], words: str
    ) -> None:
        httpx.post(f"{sandbox.url}/admin/accounts", json={"login": "reseller", **change}).raise_for_status()
        _service, operation = buy(world)
        assert run(operation, clock).hold_reason == "ACCOUNT_REFUSED"
        assert words in operation_words(operation)
        assert accounts.test_account(server=world.server, actor="test", now=clock()).ok is False

    def test_an_empty_account_stays_held_until_money_is_there(
        self, world: World, sandbox: Sandbox, clock: MovingClock
    ) -> None:
        httpx.post(f"{sandbox.url}/admin/balance", json={"login": "reseller", "balance": 0}).raise_for_status()
        _service, operation = buy(world)
        assert run(operation, clock).hold_reason == "NO_MONEY"
        accounts.probe_held_accounts(now=clock())
        run_due_operations(clock)
        assert CallLog.objects.filter(func=ORDER).count() == 1
        httpx.post(f"{sandbox.url}/admin/balance", json={"login": "reseller", "balance": 50}).raise_for_status()
        accounts.probe_held_accounts(now=clock())
        assert run(operation, clock).status == "DONE"

    def test_an_operators_retry_tries_a_held_account(
        self, world: World, clock: MovingClock, misbehave: Misbehave
    ) -> None:
        misbehave("no_money", count=1)
        _service, operation = buy(world)
        run(operation, clock)
        retry_operation(operation=operation, actor="operator", now=clock())
        assert run(operation, clock).status == "DONE"

    def test_a_disabled_server_holds_the_purchase_and_says_why(self, world: World, clock: MovingClock) -> None:
        accounts.save_account(values={"is_enabled": False}, server=world.server, actor="test", now=clock())
        service, operation = buy(world)
        assert run(operation, clock).hold_reason == "SERVER_DISABLED"
        assert "disabled" in operation_words(operation)
        release_ready(now=clock())
        operation.refresh_from_db()
        assert operation.status == "HELD"
        accounts.save_account(values={"is_enabled": True}, server=world.server, actor="test", now=clock())
        run_due_operations(clock)
        service.refresh_from_db()
        assert service.status == "ACTIVE"

    def test_an_operator_may_buy_on_a_disabled_server(self, world: World, clock: MovingClock) -> None:
        accounts.save_account(values={"is_enabled": False}, server=world.server, actor="test", now=clock())
        service, operation = buy(world)
        run(operation, clock)
        assert queue_create(service=service, now=clock(), actor="operator", is_automatic=False) == operation
        assert run(operation, clock).status == "DONE"

    def test_calls_in_flight_on_an_account_are_limited(self, world: World, clock: MovingClock, settings: Any) -> None:
        settings.NOC_CALLS_IN_FLIGHT = 2
        operations = [buy(world, ip=f"192.0.2.{unit}")[1] for unit in range(30, 33)]
        claims = [claim_operation(operation_id=operation.pk, now=clock()) for operation in operations]
        assert [claim is not None for claim in claims] == [True, True, False]


class TestRefusals:
    def test_a_refused_order_fails_and_nobody_is_charged(
        self, world: World, sandbox: Sandbox, clock: MovingClock, live_items: Items
    ) -> None:
        make_active_service(world.client, world.lite, ip="192.0.2.10")
        _service, operation = buy(world)
        assert run(operation, clock).status == "FAILED"
        assert operation_words(operation).startswith("The partner refused the order:")
        assert len(live_items()) == 1

    def test_an_unreachable_partner_is_tried_again_with_growing_waits(self, world: World, clock: MovingClock) -> None:
        accounts.save_account(values={"hostname": "http://127.0.0.1:9"}, server=world.server, actor="test", now=clock())
        _service, operation = buy(world)
        waits = []
        for _attempt in range(3):
            run(operation, clock)
            waits.append((operation.run_after - clock()).total_seconds())
        assert operation.status == "QUEUED"
        assert operation.first_sent_at is None
        assert waits[0] < 5
        assert waits[2] > 8


class TestModules:
    def test_a_module_is_bought_on_the_account_that_holds_its_license(
        self, world: World, clock: MovingClock, live_items: Items
    ) -> None:
        parent = make_active_service(world.client, world.lite, ip="192.0.2.10")
        accounts.save_account(values={**_second_account(world), "is_default": True}, actor="test", now=clock())
        module = make_active_service(
            world.client, world.bitninja, item=parent.remote_id, bitninja_email="anna@example.com"
        )
        assert (module.status, module.server, module.parent) == ("ACTIVE", world.server, parent)
        values = field_values(module)
        assert values["bitninja_email"] == "anna@example.com"
        assert values["bitninjakey"]
        assert values["order_id"] == module.remote_id
        assert len(live_items()) == 2


def _second_account(world: World) -> dict[str, Any]:
    return {
        "name": "Second account",
        "hostname": world.server.hostname,
        "username": "reseller-ru",
        "password": "sandbox-password",
        "is_enabled": True,
    }


class TestPeopleDecide:
    def undecided(self, world: World, clock: MovingClock, misbehave: Misbehave) -> tuple[Service, Operation]:
        accounts.save_account(values={"may_send_again": False}, server=world.server, actor="test", now=clock())
        misbehave("cut_before_act", func=ORDER, count=1)
        service, operation = buy(world)
        for _look in range(4):
            run(operation, clock)
            clock.skip(seconds=201)
        assert operation.status == "NEEDS_CHECK"
        return service, operation

    def test_not_bought_sends_it_again(
        self, world: World, clock: MovingClock, misbehave: Misbehave, live_items: Items
    ) -> None:
        service, operation = self.undecided(world, clock, misbehave)
        resolve_operation(operation=operation, decision="not_bought", actor="operator", now=clock())
        assert run(operation, clock).status == "DONE"
        service.refresh_from_db()
        assert (service.status, len(live_items())) == ("ACTIVE", 1)

    def test_bought_adopts_the_number_after_reading_it(
        self, world: World, sandbox: Sandbox, clock: MovingClock, misbehave: Misbehave
    ) -> None:
        service, operation = self.undecided(world, clock, misbehave)
        seed = {"kind": "soft", "pricelist": 55227, "ip": "192.0.2.10", "licname": "by hand"}
        number = httpx.post(f"{sandbox.url}/admin/items", json=seed).json()["ids"][0]
        adopt: Any = {"decision": "adopt", "remote_id": str(number), "actor": "operator", "now": clock()}
        with pytest.raises(ResolveInvalid, match="another Product ID, name or address"):
            resolve_operation(operation=operation, **adopt)
        resolve_operation(operation=operation, insist=True, **adopt)
        assert run(operation, clock).status == "DONE"
        service.refresh_from_db()
        assert service.remote_id == str(number)

    def test_a_number_that_another_service_holds_is_refused(
        self, world: World, clock: MovingClock, misbehave: Misbehave
    ) -> None:
        other = make_active_service(world.client, world.lite, ip="192.0.2.99")
        _service, operation = self.undecided(world, clock, misbehave)
        with pytest.raises(ResolveInvalid, match=f"Service {other.pk} has it"):
            resolve_operation(
                operation=operation, decision="adopt", remote_id=other.remote_id, actor="operator", now=clock()
            )

    def test_retry_of_the_undecided_only_looks(
        self, world: World, clock: MovingClock, misbehave: Misbehave, live_items: Items
    ) -> None:
        _service, operation = self.undecided(world, clock, misbehave)
        retry_operation(operation=operation, actor="operator", now=clock())
        assert (run(operation, clock).status, live_items()) == ("CHECKING", [])

    def test_what_was_sent_cannot_be_cancelled(self, world: World, clock: MovingClock, misbehave: Misbehave) -> None:
        _service, operation = self.undecided(world, clock, misbehave)
        with pytest.raises(OperationNotOpen):
            cancel_operation(operation=operation, actor="operator", now=clock())

    def test_what_was_never_sent_can_be_cancelled(self, world: World, clock: MovingClock) -> None:
        order = place(world.client, make_accepted_product(world), ip="192.0.2.10")
        operation = Operation.objects.get(service__order_line__order=order)
        assert operation.hold_reason == "AWAITING_ACCEPTANCE"
        assert cancel_operation(operation=operation, actor="operator", now=clock()).status == "CANCELLED"


def make_accepted_product(world: World) -> Any:
    return make_product(world.group, tariff_id="55228", name="Pro", price="9.00", auto_setup="ACCEPT")
