"""Renewals, changes, ends, the pool and addons under fire: the worker is killed around each call that does something.

For each case one service is given a command, and the worker dies right before the call goes out or with its answer in
hand. Then healthy workers finish. The partner's own memory decides what was done, and how often.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from billing.actions.commands import change_service, run_command
from billing.actions.provisioning import resolve_operation
from billing.actions.provisioning.resolving import Decision
from billing.models import Client, Operation, PooledLicense, Service
from billing.queries.clock import database_now
from tests.faults.processes import (
    Partner,
    dies_by_itself,
    nothing_moves,
    running,
    start_beat,
    start_worker,
    wait_until,
)
from tests.faults.shop import address, buy, make_product

pytestmark = [pytest.mark.postgres, pytest.mark.processes, pytest.mark.timeout(1500)]

SETTLE_SECONDS = 90
# What is done, and the call at which the worker dies. A release and a taking write to the same form.
CASES = (
    ("renew", "before service.prolong"),
    ("renew", "after service.prolong"),
    ("change", "before soft.edit"),
    ("change", "after soft.edit"),
    ("terminate", "before soft.delete"),
    ("terminate", "after soft.delete"),
    ("release", "before soft.edit"),
    ("release", "after soft.edit"),
    ("take", "before soft.edit"),
    ("take", "after soft.edit"),
    ("addon", "before addition.order.param"),
    ("addon", "after addition.order.param"),
)
FIRST_NEW_ADDRESS = 1000
LONG_AGO = "2020-01-01"


@dataclass
class Case:
    """A command under fire, and the service that it is for."""

    what: str
    step: str
    number: int
    service: Service

    @property
    def new_address(self) -> str:
        return address(FIRST_NEW_ADDRESS + self.number)


@dataclass
class Shop:
    """What is sold: plain licenses, licenses that go to the pool, modules on a license."""

    client: Client
    plain: Any
    pooled: Any
    module: Any


def start_command(shop: Shop, case: Case) -> None:
    """Gives the command; a taking and an addon are purchases, and become the service of their case."""
    now = database_now()
    if case.what == "change":
        change_service(service=case.service, fields={"ip": case.new_address}, actor="test", now=now)
    elif case.what == "renew":
        run_command(service=case.service, command="renew", actor="test", now=now)
    elif case.what in ("terminate", "release"):
        run_command(service=case.service, command="terminate", actor="test", now=now)
    elif case.what == "take":
        case.service = buy(shop.client, shop.pooled, FIRST_NEW_ADDRESS + case.number)
    else:
        item = {"item": case.service.remote_id, "bitninja_email": "anna@example.com"}
        case.service = buy(shop.client, shop.module, FIRST_NEW_ADDRESS + case.number, **item)


def decide_as_a_person(partner: Partner) -> None:
    """What a person would answer after a look at the partner: a renewal that did not arrive is asked for again."""
    ends = {str(item["id"]): str(item["expiredate"]) for item in partner.state()["items"]}
    for operation in Operation.objects.filter(status="NEEDS_CHECK", kind="RENEW"):
        has_grown = ends[operation.service.remote_id] > str(operation.extends_from)
        decision: Decision = "adopt" if has_grown else "not_bought"
        resolve_operation(operation=operation, decision=decision, actor="person", now=database_now())


@pytest.fixture
def shop(shopper: Client) -> Shop:
    return Shop(
        shopper,
        make_product(tariff_id="55227", name="lite"),
        make_product(tariff_id="55228", name="pro", at_end="POOL"),
        make_product(tariff_id="55371", name="BitNinja"),
    )


def make_services(shop: Shop, partner: Partner, environment: dict[str, str]) -> list[Case]:
    """An active license for each case; what a taking will take lies in the pool."""
    cases = []
    for number, (what, step) in enumerate(CASES):
        product = shop.pooled if what in ("release", "take") else shop.plain
        cases.append(Case(what, step, number, buy(shop.client, product, number)))
    with running(start_worker(environment)):
        made = wait_until(lambda: Service.objects.filter(status="ACTIVE").count() == len(cases), seconds=90)
        for case in cases:
            case.service.refresh_from_db()
            if case.what == "take":
                run_command(service=case.service, command="terminate", actor="test", now=database_now())
        pooled = wait_until(lambda: PooledLicense.objects.count() == 2, seconds=90)
    assert made, list(Operation.objects.values_list("kind", "service_id", "status", "message", "message_values"))
    assert pooled
    for number in PooledLicense.objects.values_list("remote_id", flat=True):
        # A license rests for a month after its address was changed.
        partner.post("items", id=int(number), real_ipchange=LONG_AGO, real_keychange=LONG_AGO)
    return cases


def test_each_command_is_done_once_whenever_the_worker_dies(
    shop: Shop, partner: Partner, environment: dict[str, str]
) -> None:
    with running(start_beat(environment)):
        cases = make_services(shop, partner, environment)
        bought = partner.acts()["order"]
        died = []
        for case in cases:
            start_command(shop, case)
            died.append(dies_by_itself(start_worker(environment, case.step)))
        with running(start_worker(environment)):
            for _decision in range(2):
                wait_until(nothing_moves, seconds=SETTLE_SECONDS)
                decide_as_a_person(partner)
            wait_until(nothing_moves, seconds=SETTLE_SECONDS)
    report(cases, partner, died)
    assert all(died), "a worker never came to its step"
    assert list(Operation.objects.unsettled()) == []
    assert partner.acts()["order"] == bought + sum(case.what == "addon" for case in cases)
    items = {str(item["id"]): item for item in partner.state()["items"]}
    renewals = Counter(str(one["item_id"]) for one in partner.state()["charges"] if one["act"] == "prolong")
    for case in cases:
        case.service.refresh_from_db()
        JUDGES[case.what](case, items.get(case.service.remote_id, {}), renewals)


def report(cases: list[Case], partner: Partner, died: list[bool]) -> None:
    rows = [
        {
            "what": case.what,
            "killed": case.step if came else "anywhere",
            "operations": list(case.service.operations.order_by("id").values_list("kind", "status", "attempt")),
        }
        for case, came in zip(cases, died, strict=True)
    ]
    print(json.dumps({"cases": rows, "acts": partner.acts()}, indent=1))  # noqa: T201


def judge_renewal(case: Case, item: dict[str, Any], renewals: Counter[str]) -> None:
    assert renewals[case.service.remote_id] == 1
    assert str(case.service.expires_on) == item["expiredate"]


def judge_change(case: Case, item: dict[str, Any], renewals: Counter[str]) -> None:
    assert item["ip"] == case.new_address == case.service.dedicated_ip


def judge_end(case: Case, item: dict[str, Any], renewals: Counter[str]) -> None:
    assert case.service.status == "TERMINATED"
    assert item["status"] == 4


def judge_release(case: Case, item: dict[str, Any], renewals: Counter[str]) -> None:
    assert case.service.status == "TERMINATED"
    assert (item["licname"], item["ip"]) == ("free.lic", "0.0.0.0")
    assert PooledLicense.objects.filter(remote_id=case.service.remote_id, state="FREE").count() == 1


def judge_taking(case: Case, item: dict[str, Any], renewals: Counter[str]) -> None:
    assert case.service.status == "ACTIVE"
    assert (item["ip"], item["remoteid"]) == (case.new_address, str(case.service.pk))
    assert PooledLicense.objects.get(remote_id=case.service.remote_id, state="USED")


def judge_addon(case: Case, item: dict[str, Any], renewals: Counter[str]) -> None:
    assert case.service.status == "ACTIVE"
    assert item["kind"] == "addition"


JUDGES: dict[str, Callable[[Case, dict[str, Any], Counter[str]], None]] = {
    "renew": judge_renewal,
    "change": judge_change,
    "terminate": judge_end,
    "release": judge_release,
    "take": judge_taking,
    "addon": judge_addon,
}
