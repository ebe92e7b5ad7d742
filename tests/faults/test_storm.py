"""Five hundred purchases while one call in ten goes wrong. The partner's own log counts what was bought."""

import json
import os
from collections import Counter

import pytest

from billing.models import Client, Operation, Service
from tests.faults.processes import Partner, let_account_go, nothing_moves, running, start_beat, start_worker, wait_until
from tests.faults.shop import buy, make_product

pytestmark = [pytest.mark.postgres, pytest.mark.processes, pytest.mark.timeout(1500)]

PURCHASES = int(os.environ.get("STORM_PURCHASES", "500"))
SETTLE_SECONDS = 600
FAULTS = (
    "lost_after_act",
    "cut_before_act",
    "http_500",
    "captcha",
    "truncated_body",
    "empty_body",
    "long_request",
    "in_process",
    "missing_id",
    "no_money",
)


def test_five_hundred_purchases_under_faults_are_neither_doubled_nor_lost(
    shopper: Client, partner: Partner, environment: dict[str, str]
) -> None:
    product = make_product(tariff_id="55227", name="lite")
    for number, name in enumerate(FAULTS):
        # Ten faults of one in a hundred each: one purchasing call in ten meets one.
        partner.post("faults", name=name, func="soft.order.param", probability=0.01, seed=number + 1)
    for name in ("http_500", "truncated_body"):
        partner.post("faults", name=name, func="soft.edit", probability=0.05, seed=7)
    services = [buy(shopper, product, number) for number in range(1, PURCHASES + 1)]
    many = {**environment, "NOC_CALLS_IN_FLIGHT": "12", "OPERATION_LEASE": "8", "NOC_LOOK_INTERVAL": "8"}
    with running(start_beat(many), start_worker(many), start_worker(many)):
        came_to_rest = wait_until(nothing_moves, seconds=SETTLE_SECONDS, between=let_account_go)
    items = [item for item in partner.state()["items"] if item["status"] not in (1, 4)]
    undecided = set(Operation.objects.filter(status="NEEDS_CHECK").values_list("service_id", flat=True))
    bought = Counter(str(item["remoteid"]) for item in items)
    figures = {
        "purchases": len(services),
        "items": len(items),
        "acts": partner.acts(),
        "needs_check": len(undecided),
        "sent_again": Operation.objects.filter(resends__gt=0).count(),
        "struck": sum(one["hits"] for one in partner.state()["faults"] if one["func"] == "soft.order.param"),
    }
    print(json.dumps(figures))  # noqa: T201
    assert came_to_rest
    assert figures["struck"] > PURCHASES / 20, "too few faults struck to prove anything"
    assert [reference for reference, count in bought.items() if count > 1] == [], "bought twice"
    active = set(Service.objects.filter(status="ACTIVE").values_list("pk", "remote_id"))
    held = {remote_id for _service, remote_id in active}
    assert [
        item["id"] for item in items if str(item["id"]) not in held and int(item["remoteid"]) not in undecided
    ] == []
    assert {service.pk for service in services} == {service for service, _number in active} | undecided
    assert len(undecided) <= PURCHASES // 100
