"""Both sides drift apart behind our back, by the partner's own admin calls: all of it is found, and nothing else.

What goes wrong is made over HTTP by this test alone; it shares no code with what looks for it.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from billing.actions.reconciliation import ReconcileReport, apply_remedy, reconcile
from billing.models import Event, Finding, Operation, PooledLicense, Service, ServiceOption
from billing.queries.clock import business_date, database_now
from catalog.models import ProductOption
from noc.sandbox.server import Sandbox
from tests.accounts import items_at, make_services
from tests.builders import World, place_paid_order, run_due_operations

HEALTHY = 300
PARTNER_DELETED = 4


class Partner:
    """The partner's back door."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = f"{sandbox.url}/admin"

    def change(self, number: str, **values: Any) -> None:
        self._post("items", id=int(number), **values)

    def seed(self, **values: Any) -> str:
        return str(self._post("items", **values)["ids"][0])

    def copy(self, number: str) -> str:
        return str(self._post("items/copy", id=int(number))["ids"][0])

    def forget(self, number: str) -> None:
        httpx.request("DELETE", f"{self.url}/items", json={"id": int(number)}).raise_for_status()

    def _post(self, place: str, **body: Any) -> Any:
        return httpx.post(f"{self.url}/{place}", json=body).raise_for_status().json()


@pytest.fixture
def partner(sandbox: Sandbox) -> Partner:
    return Partner(sandbox)


def add_healthy(world: World, sandbox: Sandbox, partner: Partner) -> list[Service]:
    """Much that agrees, and some that only seems not to: in work, ended, somebody else's, kept in the pool."""
    services = make_services(world, sandbox, HEALTHY)
    make_services(world, sandbox, 3, product=world.business, licname="big")
    make_services(world, sandbox, 2, product=world.bitninja, item=services[0].remote_id, bitninja_email="a@example.com")
    partner.seed(account="reseller-ru", count=5)
    in_work, ended, processed, *rest = services
    now = database_now()
    Operation.objects.create(
        service=in_work, server=world.server, kind="RENEW", status="HELD", hold_reason="NO_MONEY", run_after=now,
        created_at=now,
    )  # fmt: skip
    partner.change(in_work.remote_id, status=3, expiredate="2031-01-01")
    Service.objects.filter(pk=ended.pk).update(status="TERMINATED")
    partner.change(ended.remote_id, status=PARTNER_DELETED)
    partner.change(processed.remote_id, processing=True)
    add_undecided_purchase(world, partner)
    add_pooled(world, partner)
    return rest


def add_undecided_purchase(world: World, partner: Partner) -> None:
    """A purchase whose answer was lost; what it may have bought is a matter of that operation, not of a finding."""
    service = place_paid_order(world.client, world.lite, ip="192.0.2.200", licname="lost")
    now = database_now()
    service.operations.update(
        status="NEEDS_CHECK", sent_at=now, first_sent_at=now, snapshot=[], server=world.server, match_key="lost"
    )
    Service.objects.filter(pk=service.pk).update(server=world.server)
    partner.seed(ip="192.0.2.200", licname="lost", count=1)


def add_pooled(world: World, partner: Partner) -> PooledLicense:
    number = partner.seed(pricelist=55227, licname="free.lic", ip="0.0.0.0", status=3)
    return PooledLicense.objects.create(
        server=world.server,
        tariff_id="55227",
        remote_id=number,
        released_at=database_now() - timedelta(days=40),
        changed_at=database_now() - timedelta(days=40),
    )


def drift(world: World, partner: Partner, sandbox: Sandbox, services: list[Service]) -> Mapping[tuple[str, str], str]:
    """Fourteen disagreements of twelve sorts: (sort, number at the partner) → the remedy that somebody will choose."""
    later = business_date(database_now()) + timedelta(days=90)
    sooner = business_date(database_now()) + timedelta(days=5)
    changes: list[tuple[str, dict[str, Any], str]] = [
        ("GHOST", {"status": PARTNER_DELETED}, "correct_here"),
        ("NOT_COVERED", {"expiredate": sooner.isoformat()}, "correct_there"),
        ("DATE_DRIFT", {"expiredate": later.isoformat()}, "correct_here"),
        ("STATUS_DRIFT", {"status": 3}, "correct_here"),
        ("TARIFF_DRIFT", {"pricelist": 55228}, "correct_here"),
        ("ADDRESS_DRIFT", {"licname": "stolen"}, "correct_there"),
        ("ADDRESS_DRIFT", {"ip": "203.0.113.9"}, "correct_here"),
        ("AUTO_RENEWAL", {"autoprolong": 1}, "correct_there"),
    ]
    expected: dict[tuple[str, str], str] = {}
    untouched = iter(services)
    for sort, values, remedy in changes:
        number = next(untouched).remote_id
        partner.change(number, **values)
        expected[sort, number] = remedy
    vanished = next(untouched).remote_id
    partner.forget(vanished)
    expected["GHOST", vanished] = "correct_here"
    expected["DOUBLE", partner.copy(next(untouched).remote_id)] = "terminate_there"
    expected["ORPHAN", partner.seed(pricelist=55227, licname="whose")] = "terminate_there"
    expected["UNPAID_ITEM", partner.seed(pricelist=55227, licname="basket", status=1)] = "terminate_there"
    expected["NODES_DRIFT", drift_nodes(world, partner)] = "correct_here"
    pooled = add_pooled(world, partner)
    partner.change(pooled.remote_id, licname="somebody", ip="203.0.113.44")
    expected["POOL_DRIFT", pooled.remote_id] = "terminate_there"
    return expected


def drift_nodes(world: World, partner: Partner) -> str:
    service = Service.objects.filter(product=world.business).first()
    assert service is not None
    option, _is_new = ProductOption.objects.get_or_create(
        product=world.business, addon_id="55236", defaults={"key": "nodes", "label": "Additional servers"}
    )
    ServiceOption.objects.create(service=service, option=option, quantity=2, unit_amount=5)
    partner.change(service.remote_id, addons=4)
    return service.remote_id


def look(world: World) -> ReconcileReport:
    return reconcile(server_id=world.server.pk, clock=database_now)


def open_findings() -> dict[tuple[str, str], Finding]:
    return {(one.sort, one.remote_id): one for one in Finding.objects.filter(status="OPEN")}


def test_what_agrees_is_not_reported(world: World, sandbox: Sandbox, partner: Partner) -> None:
    add_healthy(world, sandbox, partner)
    report = look(world)
    assert report.total == 0, open_findings()
    assert report.services > HEALTHY


def test_all_of_it_is_found_nothing_else_and_put_right(world: World, sandbox: Sandbox, partner: Partner) -> None:
    services = add_healthy(world, sandbox, partner)
    expected = drift(world, partner, sandbox, services)
    report = look(world)
    assert set(open_findings()) == set(expected)
    assert len(report.found) >= 12
    for place, finding in open_findings().items():
        apply_remedy(finding=finding, code=expected[place], actor="operator", now=database_now())
    held = Operation.objects.filter(status__in=["HELD", "NEEDS_CHECK"]).count()
    run_due_operations()
    assert Operation.objects.filter(status__in=["HELD", "NEEDS_CHECK"]).count() == held
    report = look(world)
    assert not open_findings()
    assert report.total == 0
    assert Event.objects.filter(name="finding.remedied", actor="operator").count() == len(expected)
    both = items_at(sandbox)
    for service in Service.objects.filter(status__in=["ACTIVE", "SUSPENDED"]).exclude(remote_id=""):
        item = both[service.remote_id]
        if not service.operations.filter(status="HELD").exists():
            assert item["status"] in (2, 3, 5), service
            assert date.fromisoformat(item["expiredate"]) == service.expires_on


def test_a_second_look_at_the_same_opens_nothing_new(world: World, sandbox: Sandbox, partner: Partner) -> None:
    drift(
        world,
        partner,
        sandbox,
        make_services(world, sandbox, 20) + make_services(world, sandbox, 1, product=world.business),
    )
    first, second = look(world), look(world)
    assert (second.opened, second.gone) == (0, 0)
    assert second.total == first.total == Finding.objects.count()
