"""A whole account read at night: few calls, only what differs is written, nothing in work is touched."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.commands import run_command
from billing.actions.syncing import AccountBusy, AccountLease, LeaseLost, SyncReport, lease_account, sync_account
from billing.actions.syncing.comparing import NIGHTS, make_plan
from billing.models import Event, Operation, Service
from billing.provisioners.account_reading import read_account
from billing.queries.account_services import services_on
from billing.queries.clock import business_date, database_now
from billing.queries.services import field_values
from noc.errors import AuthFailed, Unavailable
from noc.models import CallLog, Server
from noc.sandbox.server import Sandbox
from tests.accounts import calls_of, change_item, items_at, make_services, misbehave
from tests.builders import World, make_active_service, run_due_operations
from tests.clocks import MovingClock


def sync(world: World) -> SyncReport:
    return sync_account(server_id=world.server.pk, clock=database_now)


def not_tonight(services: list[Service]) -> list[Service]:
    """Those whose form is not read by turn."""
    turn = business_date(database_now()).toordinal() % NIGHTS
    return [service for service in services if service.pk % NIGHTS != turn]


def fresh(service: Service) -> Service:
    return Service.objects.get(pk=service.pk)


class TestCalls:
    def test_2500_services_cost_a_page_a_thousand_and_a_thirtieth_of_forms(
        self, world: World, sandbox: Sandbox
    ) -> None:
        services = make_services(world, sandbox, 2500)
        report = sync(world)
        called = Counter(calls_of(sandbox))
        assert called["soft"] == 3
        assert sum(called.values()) - called["soft.edit"] <= 8
        assert called["soft.edit"] == report.forms == len(services) - len(not_tonight(services))
        assert 2500 // 30 <= report.forms <= 2500 // 30 + 1
        assert (report.changed, report.gone, report.left_out, report.left_over) == (0, 0, 0, 0)
        assert CallLog.objects.count() == sum(called.values())
        assert not Service.objects.filter(synced_at=None).exists()

    def test_queries_grow_with_batches_not_with_services(self, world: World, sandbox: Sandbox) -> None:
        make_services(world, sandbox, 50)
        sync(world)
        with CaptureQueriesContext(connection) as few:
            sync(world)
        make_services(world, sandbox, 250)
        sync(world)
        with CaptureQueriesContext(connection) as many:
            sync(world)
        assert len(many) <= len(few) + 4

    def test_every_call_of_every_chunk_is_on_record(
        self, world: World, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.actions.syncing.accounts.CHUNK", 4)
        for service in make_services(world, sandbox, 10):
            change_item(sandbox, service.remote_id, status=3)
        assert sync(world).forms == 10
        assert CallLog.objects.filter(func="soft.edit", reference=f"sync:{world.server.pk}").count() == 10

    def test_every_service_has_its_turn_within_thirty_nights(self, world: World, sandbox: Sandbox) -> None:
        make_services(world, sandbox, 60)
        ours = services_on(world.server)
        reading = read_account(world.server, started_at=database_now(), reference="test")
        turns = [
            {
                one.id
                for one in make_plan(ours, reading, lacking=set(), on=date(2030, 1, 1) + timedelta(days=night)).turn
            }
            for night in range(NIGHTS)
        ]
        assert set[int]().union(*turns) == {one.id for one in ours}
        assert sum(map(len, turns)) == len(ours)

    def test_a_partner_with_small_pages_is_read_whole(self, world: World, sandbox: Sandbox) -> None:
        httpx.post(f"{sandbox.url}/admin/options", json={"page_limit": 100}).raise_for_status()
        services = make_services(world, sandbox, 250)
        change_item(sandbox, services[-1].remote_id, expiredate="2031-01-01")
        sync(world)
        assert Counter(calls_of(sandbox))["soft"] == 3
        assert str(fresh(services[-1]).expires_on) == "2031-01-01"

    def test_a_list_that_moves_is_read_again(self, world: World, sandbox: Sandbox) -> None:
        httpx.post(f"{sandbox.url}/admin/options", json={"page_limit": 100}).raise_for_status()
        services = make_services(world, sandbox, 250)
        misbehave(sandbox, "moving_total", func="soft", count=1)
        report = sync(world)
        assert Counter(calls_of(sandbox))["soft"] > 3
        assert report.services == 250
        assert Service.objects.filter(status="ACTIVE").count() == len(services)

    def test_a_list_that_never_rests_changes_nothing(self, world: World, sandbox: Sandbox) -> None:
        httpx.post(f"{sandbox.url}/admin/options", json={"page_limit": 20}).raise_for_status()
        make_services(world, sandbox, 50)
        misbehave(sandbox, "moving_total", func="soft")
        with pytest.raises(Unavailable):
            sync(world)
        assert not Service.objects.exclude(synced_at=None).exists()
        assert Server.objects.get().sync_lease_until is None

    def test_the_budget_of_forms_leaves_the_rest_for_the_next_run(
        self, world: World, sandbox: Sandbox, settings: Any
    ) -> None:
        settings.NOC_SYNC_FORMS = 5
        services = make_services(world, sandbox, 12)
        for service in services:
            change_item(sandbox, service.remote_id, expiredate="2031-01-01")
        assert (sync(world).forms, sync(world).forms) == (5, 5)
        assert Service.objects.filter(expires_on="2031-01-01").count() == 10

    def test_a_partner_that_answers_no_form_is_left_alone(self, world: World, sandbox: Sandbox) -> None:
        services = make_services(world, sandbox, 40)
        for service in services:
            change_item(sandbox, service.remote_id, status=4)
        misbehave(sandbox, "http_500", func="soft.edit")
        report = sync(world)
        assert (report.gone, report.left_over) == (0, 40)
        assert Counter(calls_of(sandbox))["soft.edit"] < 30


class TestWhatIsTakenOver:
    @pytest.fixture
    def services(self, world: World, sandbox: Sandbox) -> list[Service]:
        return not_tonight(make_services(world, sandbox, 12))

    def test_status_date_name_and_address(self, world: World, sandbox: Sandbox, services: list[Service]) -> None:
        suspended, longer, renamed, moved, *_same = services
        change_item(sandbox, suspended.remote_id, status=3)
        change_item(sandbox, longer.remote_id, expiredate="2031-01-01")
        change_item(sandbox, renamed.remote_id, licname="shop")
        change_item(sandbox, moved.remote_id, ip="192.0.2.77")
        assert sync(world).changed == 3
        assert fresh(suspended).status == "SUSPENDED"
        assert str(fresh(longer).expires_on) == "2031-01-01"
        assert field_values(renamed)["licname"] == "shop"
        assert (fresh(moved).dedicated_ip, field_values(moved)["ip"]) == ("192.0.2.77", "192.0.2.77")
        told = {event.service_id: event.data for event in Event.objects.filter(name="service.synced")}
        assert told[suspended.pk] == {"status": ["ACTIVE", "SUSPENDED"]}
        assert set(told) == {suspended.pk, longer.pk, moved.pk}

    def test_processing_leaves_our_status_alone(self, world: World, sandbox: Sandbox, services: list[Service]) -> None:
        change_item(sandbox, services[0].remote_id, processing=True)
        sync(world)
        assert (fresh(services[0]).status, fresh(services[0]).remote_status) == ("ACTIVE", 5)

    def test_only_a_form_ends_a_service(self, world: World, sandbox: Sandbox, services: list[Service]) -> None:
        change_item(sandbox, services[0].remote_id, status=4)
        assert sync(world).gone == 1
        assert fresh(services[0]).status == "TERMINATED"
        assert Event.objects.filter(name="service.gone_at_partner", service=services[0]).count() == 1
        assert sync(world).gone == 0

    def test_a_row_missing_from_the_list_alone_ends_nothing(
        self, world: World, sandbox: Sandbox, services: list[Service]
    ) -> None:
        # A filter that somebody left on in the partner's interface hides rows; their forms still answer.
        login = {"authinfo": "reseller:sandbox-password", "out": "json", "sok": "ok"}
        httpx.post(f"{sandbox.url}/billmgr", data={**login, "func": "soft.filter", "ip": "203.0.113.1"})
        report = sync(world)
        assert (report.gone, report.forms) == (0, 12)
        assert Service.objects.filter(status="ACTIVE").count() == 12

    def test_when_most_are_gone_nothing_ends(self, world: World, sandbox: Sandbox) -> None:
        for service in make_services(world, sandbox, 30):
            change_item(sandbox, service.remote_id, status=4)
        report = sync(world)
        assert (report.too_many_gone, report.gone) == (True, 0)
        assert not Service.objects.filter(status="TERMINATED").exists()

    def test_a_key_that_was_missing_is_fetched(self, world: World, sandbox: Sandbox, services: list[Service]) -> None:
        services[0].field_values.filter(field__key="lickey").delete()
        sync(world)
        assert field_values(services[0])["lickey"] == items_at(sandbox)[services[0].remote_id]["lickey"]

    def test_auto_renewal_goes_off_by_the_services_own_sync(
        self, world: World, sandbox: Sandbox, services: list[Service]
    ) -> None:
        change_item(sandbox, services[0].remote_id, autoprolong=1)
        assert sync(world).auto_renewals == 1
        run_due_operations()
        assert items_at(sandbox)[services[0].remote_id]["autoprolong"] is None
        assert items_at(sandbox)[services[0].remote_id]["licname"] == "web"

    def test_another_account_is_not_touched(self, world: World, sandbox: Sandbox, services: list[Service]) -> None:
        other = Server.objects.create(name="other", hostname=sandbox.url, username="reseller-ru", password="x")
        Service.objects.filter(pk=services[0].pk).update(server=other, remote_id="1")
        sync(world)
        assert fresh(services[0]).synced_at is None


class TestWhatIsInWork:
    """Rule 8."""

    @pytest.mark.parametrize("changes", [{"expiredate": "2031-01-01"}, {"status": 4}, {"autoprolong": 1}, {}])
    def test_a_service_with_an_unsettled_operation_is_left_out(
        self, world: World, sandbox: Sandbox, changes: dict[str, object]
    ) -> None:
        service = make_services(world, sandbox, 1)[0]
        run_command(service=service, command="sync", actor="operator", now=database_now())
        change_item(sandbox, service.remote_id, **changes)
        sync(world)
        assert fresh(service).synced_at is None
        assert fresh(service).status == "ACTIVE"
        assert Operation.objects.count() == 1

    def test_one_settled_since_the_lists_were_read_is_left_out(
        self, world: World, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service = make_active_service(world.client, world.lite, ip="192.0.2.10", licname="shop")
        before = fresh(service).expires_on

        def renew_meanwhile(*arguments: Any, **options: Any) -> Any:
            run_command(service=service, command="renew", actor="operator", now=database_now())
            run_due_operations()
            return make_plan(*arguments, **options)

        monkeypatch.setattr("billing.actions.syncing.accounts.make_plan", renew_meanwhile)
        report = sync(world)
        assert report.left_out == 1 or report.forms == 0
        assert fresh(service).expires_on > before + timedelta(days=25)

    def test_two_runs_of_one_account_exclude_each_other(self, world: World, sandbox: Sandbox) -> None:
        with lease_account(server_id=world.server.pk, clock=database_now), pytest.raises(AccountBusy):
            sync(world)
        assert sync(world).services == 0

    def test_a_run_that_died_lets_go_after_a_while(self, world: World) -> None:
        clock = MovingClock()
        Server.objects.update(sync_lease_until=clock() + timedelta(minutes=15))
        with pytest.raises(AccountBusy):
            sync_account(server_id=world.server.pk, clock=clock)
        clock.skip(minutes=16)
        sync_account(server_id=world.server.pk, clock=clock)

    def test_a_run_that_lost_its_lease_writes_nothing(self, world: World) -> None:
        lease = AccountLease(world.server, database_now())
        with pytest.raises(LeaseLost):
            lease.extend(now=database_now())

    def test_a_refused_login_is_told(self, world: World, sandbox: Sandbox) -> None:
        Server.objects.update(username="nobody")
        with pytest.raises(AuthFailed):
            sync(world)
