"""Findings as rows, and remedies one by one. That all is found and nothing else: tests/faults/test_drift.py."""

from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.account_nights import FIRST_HOUR, tend_one_account, wake_due_accounts
from billing.actions.reconciliation import (
    RemedyFailed,
    RemedyInvalid,
    RemedyNotFitting,
    apply_remedy,
    reconcile,
    tend_account,
)
from billing.models import Event, Finding, FindingSort, Operation, Service
from billing.queries.clock import database_now
from billing.queries.findings import REMEDIES, adoption_candidates, remedies_for
from billing.queries.services import field_values
from noc.models import CallLog, PriceListEntry, Server
from noc.sandbox.server import Sandbox
from tests.accounts import calls_of, change_item, items_at, make_services, misbehave, seed
from tests.builders import World, make_active_service, place_paid_order, run_due_operations
from tests.clocks import MovingClock


def look(world: World) -> Finding | None:
    """The one open finding of a run, None if there is none."""
    reconcile(server_id=world.server.pk, clock=database_now)
    return Finding.objects.filter(status="OPEN").get() if Finding.objects.filter(status="OPEN").exists() else None


def found(world: World) -> Finding:
    finding = look(world)
    assert finding is not None
    return finding


def remedy(finding: Finding, code: str, **values: object) -> Finding:
    return apply_remedy(finding=finding, code=code, actor="operator", now=database_now(), **values)  # type: ignore[arg-type]


@pytest.fixture
def service(world: World, sandbox: Sandbox) -> Service:
    return make_services(world, sandbox, 1)[0]


class TestRows:
    def test_what_is_no_longer_seen_is_gone(self, world: World, sandbox: Sandbox, service: Service) -> None:
        change_item(sandbox, service.remote_id, status=3)
        finding = found(world)
        change_item(sandbox, service.remote_id, status=2)
        assert look(world) is None
        finding.refresh_from_db()
        assert (finding.status, finding.closed_at is not None) == ("GONE", True)

    def test_an_ignored_one_stays_ignored_until_its_values_change(
        self, world: World, sandbox: Sandbox, service: Service
    ) -> None:
        change_item(sandbox, service.remote_id, licname="other")
        ignored = remedy(found(world), "ignore", reason="The client asked for it")
        assert (ignored.status, ignored.reason, ignored.closed_by) == ("IGNORED", "The client asked for it", "operator")
        assert look(world) is None
        change_item(sandbox, service.remote_id, licname="another")
        assert found(world).details["theirs"] == "another"
        ignored.refresh_from_db()
        assert ignored.status == "GONE"

    def test_ignoring_wants_a_reason(self, world: World, sandbox: Sandbox, service: Service) -> None:
        change_item(sandbox, service.remote_id, licname="other")
        with pytest.raises(RemedyInvalid) as refusal:
            remedy(found(world), "ignore", reason="  ")
        assert set(refusal.value.errors) == {"reason"}

    def test_a_finding_of_a_service_in_work_stays_as_it_is(
        self, world: World, sandbox: Sandbox, service: Service
    ) -> None:
        change_item(sandbox, service.remote_id, status=3)
        finding = found(world)
        now = database_now()
        Operation.objects.create(service=service, server=world.server, kind="SYNC", run_after=now, created_at=now)
        change_item(sandbox, service.remote_id, status=2)
        assert look(world) == finding

    def test_an_unanswered_form_proves_nothing(self, world: World, sandbox: Sandbox, service: Service) -> None:
        change_item(sandbox, service.remote_id, status=4)
        misbehave(sandbox, "http_500", func="soft.edit")
        assert look(world) is None

    def test_it_takes_few_queries_whatever_the_account_holds(self, world: World, sandbox: Sandbox) -> None:
        make_services(world, sandbox, 20)
        with CaptureQueriesContext(connection) as few:
            look(world)
        make_services(world, sandbox, 400)
        seed(sandbox, count=100, licname="orphan")
        with CaptureQueriesContext(connection) as many:
            reconcile(server_id=world.server.pk, clock=database_now)
        assert Finding.objects.count() == 100
        assert len(many) <= len(few) + 3

    def test_every_sort_has_a_line_in_the_table(self) -> None:
        assert set(REMEDIES) == set(FindingSort)


class TestJudging:
    def test_a_price_below_cost_in_the_accounts_currency(self, world: World, service: Service) -> None:
        PriceListEntry.objects.create(
            server=world.server, kind="license", tariff_id="55227", name="lite", currency="EUR", prices={"1": "4.00"},
            read_at=database_now(),
        )  # fmt: skip
        assert look(world) is None
        Service.objects.update(recurring_amount=Decimal("3.50"))
        finding = found(world)
        assert (finding.sort, finding.details["ours"], finding.details["stake"]) == ("PRICE_DRIFT", "3.5000", "0.5000")
        PriceListEntry.objects.update(currency="RUB")
        assert look(world) is None

    def test_paid_for_and_not_covered_although_both_dates_agree(self, world: World, service: Service) -> None:
        Service.objects.update(paid_until=service.expires_on + timedelta(days=4))
        assert found(world).sort == "NOT_COVERED"
        Service.objects.update(paid_until=service.expires_on + timedelta(days=3))
        assert look(world) is None

    def test_a_second_row_with_our_reference_is_a_double(
        self, world: World, sandbox: Sandbox, service: Service
    ) -> None:

        httpx.post(f"{sandbox.url}/admin/options", json={"remoteid_in_lists": True}).raise_for_status()
        seed(sandbox, licname="elsewhere", remoteid=str(service.pk))
        finding = found(world)
        assert (finding.sort, finding.service_id) == ("DOUBLE", service.pk)

    def test_modules_of_two_domains_on_one_license_are_no_double(self, world: World, sandbox: Sandbox) -> None:
        parent = make_services(world, sandbox, 1)[0]
        guard = {"pricelist": 23221, "item": parent.remote_id, "target_ip": "192.0.2.1"}
        seed(sandbox, domain="a.example", **guard)
        seed(sandbox, domain="b.example", **guard)
        reconcile(server_id=world.server.pk, clock=database_now)
        assert set(Finding.objects.values_list("sort", flat=True)) == {"ORPHAN"}

    def test_a_service_that_ended_here_only_is_an_orphan_that_names_it(
        self, world: World, sandbox: Sandbox, service: Service
    ) -> None:
        Service.objects.update(status="TERMINATED")
        finding = found(world)
        assert (finding.sort, finding.details["former"]) == ("ORPHAN", str(service.pk))

    def test_nothing_is_bought_changed_or_deleted(self, world: World, sandbox: Sandbox, service: Service) -> None:
        change_item(sandbox, service.remote_id, status=4, autoprolong=1)
        found(world)
        assert not CallLog.objects.filter(params__has_key="sok").exists()
        service.refresh_from_db()
        assert service.status == "ACTIVE"


class TestRemedies:
    def test_an_orphan_is_given_to_a_service_that_waits(self, world: World, sandbox: Sandbox) -> None:
        (number,) = seed(sandbox, licname="found", ip="192.0.2.99")
        finding = found(world)
        waiting = place_paid_order(world.client, world.lite, ip="192.0.2.99", licname="found")
        assert list(adoption_candidates(finding)) == [waiting]
        assert remedy(finding, "adopt", service=waiting).status == "SOLVED"
        waiting.refresh_from_db()
        assert (waiting.remote_id, waiting.status) == (number, "ACTIVE")
        run_due_operations()
        assert "soft.order.param" not in calls_of(sandbox)
        assert look(world) is None

    def test_adopting_wants_a_service_that_may(self, world: World, sandbox: Sandbox, service: Service) -> None:
        seed(sandbox, licname="found")
        finding = found(world)
        with pytest.raises(RemedyInvalid):
            remedy(finding, "adopt")
        with pytest.raises(RemedyInvalid):
            remedy(finding, "adopt", service=service)
        finding.refresh_from_db()
        assert finding.status == "OPEN"

    def test_what_a_service_holds_by_now_is_not_deleted(self, world: World, sandbox: Sandbox, service: Service) -> None:
        (number,) = seed(sandbox, licname="found")
        finding = found(world)
        Service.objects.update(remote_id=number)
        with pytest.raises(RemedyNotFitting):
            remedy(finding, "terminate_there")
        assert items_at(sandbox)[number]["status"] == 2

    def test_what_an_open_purchase_may_have_bought_is_not_deleted(self, world: World, sandbox: Sandbox) -> None:
        (number,) = seed(sandbox, licname="web", ip="192.0.2.5")
        finding = found(world)
        service = place_paid_order(world.client, world.lite, ip="192.0.2.5", licname="web")
        now = database_now()
        service.operations.update(
            status="NEEDS_CHECK", sent_at=now, first_sent_at=now, snapshot=[], server=world.server, match_key="x"
        )
        with pytest.raises(RemedyNotFitting):
            remedy(finding, "terminate_there")
        assert items_at(sandbox)[number]["status"] == 2

    def test_a_refused_deletion_leaves_the_finding(self, world: World, sandbox: Sandbox) -> None:
        (number,) = seed(sandbox, licname="found")
        finding = found(world)
        misbehave(sandbox, "delete_refused")
        with pytest.raises(RemedyFailed, match="did not delete"):
            remedy(finding, "terminate_there")
        finding.refresh_from_db()
        assert (finding.status, items_at(sandbox)[number]["status"]) == ("OPEN", 2)

    def test_a_date_that_went_back_is_renewed_from_there_once(self, world: World, sandbox: Sandbox) -> None:
        service = make_active_service(world.client, world.lite, ip="192.0.2.10", licname="web")
        back = service.expires_on - timedelta(days=20)
        change_item(sandbox, service.remote_id, expiredate=back.isoformat())
        remedy(found(world), "correct_there")
        run_due_operations()
        service.refresh_from_db()
        assert service.expires_on > back + timedelta(days=25)
        assert calls_of(sandbox).count("service.prolong") == 2  # the dry run and the renewal

    def test_a_closed_finding_has_no_remedies(self, world: World, sandbox: Sandbox, service: Service) -> None:
        change_item(sandbox, service.remote_id, status=3)
        finding = remedy(found(world), "correct_here")
        assert remedies_for(finding) == []
        with pytest.raises(RemedyNotFitting):
            remedy(finding, "correct_here")
        assert Event.objects.filter(name="finding.remedied").count() == 1

    def test_a_remedy_of_another_sort_does_not_fit(self, world: World, sandbox: Sandbox, service: Service) -> None:
        change_item(sandbox, service.remote_id, status=3)
        with pytest.raises(RemedyNotFitting):
            remedy(found(world), "terminate_there")


class TestNights:
    def test_drift_is_seen_before_ours_is_brought_in_line(
        self, world: World, sandbox: Sandbox, service: Service
    ) -> None:
        change_item(sandbox, service.remote_id, licname="moved")
        report = tend_account(server_id=world.server.pk, clock=database_now)
        assert report.reconciled.found == {"ADDRESS_DRIFT": 1}
        assert field_values(service)["licname"] == "moved"
        assert calls_of(sandbox).count("soft") == 1

    def test_each_enabled_account_once_a_business_day(self, world: World) -> None:
        clock = MovingClock()
        night = clock().replace(hour=FIRST_HOUR, minute=30)
        assert wake_due_accounts(now=night.replace(hour=FIRST_HOUR - 1)) == 0
        assert wake_due_accounts(now=night) == 1
        Server.objects.update(synced_at=night)
        assert wake_due_accounts(now=night + timedelta(hours=5)) == 0
        assert wake_due_accounts(now=night + timedelta(days=1)) == 1
        Server.objects.update(is_enabled=False)
        assert wake_due_accounts(now=night + timedelta(days=1)) == 0

    def test_a_refused_login_marks_the_account_and_is_not_tried_each_hour(self, world: World) -> None:
        Server.objects.update(username="nobody")
        tend_one_account(server_id=world.server.pk, clock=database_now)
        assert Server.objects.get().health == "REFUSED"
        assert wake_due_accounts(now=database_now().replace(hour=23)) == 0
