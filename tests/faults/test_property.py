"""Any sequence of commands, faults and deaths over several services keeps the promises of the product.

Hypothesis makes up the sequence. The partner's own memory is the judge, never what we believe of ourselves:

    at most one live purchase a service, and none without a service
    our record is never ahead of the partner: what we call active is there (unless an unsettled operation ends it),
        our end date is never later than theirs
    the partner was paid for a renewal at most once per renewal that was sent
    an end date never moves backwards

PROPERTY_EXAMPLES sets how many sequences are tried.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from billing.actions.accounts import test_account as press_test_connection
from billing.actions.commands import ChangeInvalid, CommandNotAllowed, change_service, run_command
from billing.actions.provisioning import free_expired_leases, release_ready, run_operation
from billing.models import Operation, OperationStatus, PooledLicense, Service
from billing.queries.operations import operation_words
from catalog.models import Product
from noc.client import PartnerClient
from noc.models import Server
from noc.replies import Reply
from noc.sandbox.faults import Fault
from noc.sandbox.items import Item, Status
from noc.sandbox.server import Sandbox
from tests import builders
from tests.builders import World
from tests.clocks import MovingClock

PHASES = [Phase.explicit, Phase.reuse, Phase.generate, Phase.target]  # shrinking takes minutes; the steps are few
EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "25"))
# Every call that an attempt can make: order, read, edit, prolong, delete, list.
PAYING = ("*.order.param", "service.prolong")
SETTLE_ROUNDS = 40

FAULTS: tuple[dict[str, Any], ...] = (
    *({"name": "lost_after_act", "func": func} for func in (*PAYING, "*.edit", "*.delete")),
    *({"name": "cut_before_act", "func": func} for func in (*PAYING, "*.edit", "*.delete")),
    *({"name": "http_500", "func": func} for func in (*PAYING, "soft", "*.edit")),
    *({"name": "http_500", "func": func, "phase": "after"} for func in PAYING),
    *({"name": "captcha", "func": func} for func in PAYING),
    *({"name": "truncated_body", "func": func} for func in (*PAYING, "soft", "*.edit")),
    *({"name": "empty_body", "func": func} for func in PAYING),
    *({"name": "long_request", "func": func} for func in PAYING),
    *({"name": "in_process", "func": func} for func in PAYING),
    {"name": "missing_id", "func": "*.order.param"},
    {"name": "single_row_as_object"},
    {"name": "stuck_processing"},
    {"name": "no_money", "variant": "error"},
    {"name": "no_money", "variant": "basket"},
    {"name": "ip_change_refused"},
    {"name": "delete_refused"},
    {"name": "prolong_refused"},
)


class Killed(BaseException):
    """The process ended here: nothing after this line was run, nothing uncommitted was kept."""


@dataclass
class Killer:
    """Ends the process at a call of an attempt: before it goes out, or with its answer in hand."""

    calls_left: int | None = None
    is_after: bool = False

    def aim(self, calls: int, *, is_after: bool) -> None:
        self.calls_left, self.is_after = calls, is_after

    def disarm(self) -> None:
        self.calls_left = None

    def exchange(self, original: Any) -> Any:
        def exchange(client: PartnerClient, *arguments: Any) -> Reply:
            is_now = self.calls_left == 0
            if self.calls_left is not None:
                self.calls_left -= 1
            if is_now and not self.is_after:
                raise Killed
            reply: Reply = original(client, *arguments)
            if is_now:
                raise Killed
            return reply

        return exchange


@dataclass
class Story:
    """One sequence: our services, the partner, the clock that both share, and what was seen so far."""

    world: World
    products: tuple[Product, ...]
    sandbox: Sandbox
    killer: Killer
    clock: MovingClock = field(default_factory=MovingClock)
    services: list[Service] = field(default_factory=list)
    ends_seen: dict[int, date] = field(default_factory=dict)

    def service(self, place: int) -> Service | None:
        return Service.objects.get(pk=self.services[place % len(self.services)].pk) if self.services else None

    def buy(self, number: int) -> None:
        client, now = self.world.client, self.clock()
        product = self.products[number % len(self.products)]
        license_ = self._live_license()
        if product.kind == "addition" and license_ is not None:
            fields = {"item": license_.remote_id}
        elif product.kind == "addition":
            return
        else:
            fields = {"ip": f"192.0.2.{len(self.services) + 1}"}
        self.services.append(builders.place_paid_order(client, product, now=now, **fields))

    def _live_license(self) -> Service | None:
        return Service.objects.filter(kind="license", status="ACTIVE").exclude(remote_id="").first()

    def command(self, code: str, place: int) -> None:
        service = self.service(place)
        if service is None:
            return
        try:
            if code == "change":
                fields = {"licname": f"name-{place}", "ip": f"198.51.100.{place + 1}"}
                change_service(service=service, fields=fields, actor="test", now=self.clock())
            else:
                run_command(service=service, command=code, actor="test", now=self.clock())
        except (CommandNotAllowed, ChangeInvalid):
            return

    def misbehave(self, fault: dict[str, Any]) -> None:
        with self.sandbox.state.lock:
            faults = self.sandbox.state.faults.faults
            faults.append(Fault(self.sandbox.state.next_fault_id(), **{"count": 1, **fault}))

    def pass_time(self, **parts: float) -> None:
        self.clock.skip(**parts)
        self.sandbox.state.clock.offset = self.clock.skipped

    def work(self) -> None:
        """Everything that is due now, once; a process that dies comes back after its lease.

        This partner does not tell when an address was changed: what is in the pool may be used at once.
        """
        for item in self.sandbox.state.items.values():
            item.ip_changed_on = item.key_changed_on = None
        free_expired_leases(now=self.clock())
        release_ready(now=self.clock())
        for operation_id in list(Operation.objects.due(now=self.clock()).order_by("id").values_list("pk", flat=True)):
            try:
                run_operation(operation_id=operation_id, clock=self.clock)
            except Killed:
                self.killer.disarm()
                self.pass_time(seconds=portal_settings.OPERATION_LEASE.total_seconds() + 1)
                free_expired_leases(now=self.clock())

    def settle(self) -> None:
        """Faults stop, time passes, an operator sees to the account: whatever can move by itself has come to rest."""
        self.killer.disarm()
        with self.sandbox.state.lock:
            self.sandbox.state.faults.remove()
            for item in self.sandbox.state.items.values():
                if item.processing is not None:
                    item.processing.reads_left = 0
        for _round in range(SETTLE_ROUNDS):
            for server in Server.objects.exclude(health="OK"):
                press_test_connection(server=server, actor="test", now=self.clock())
            self.work()
            self.judge()
            asked = Operation.objects.filter(status=OperationStatus.NEEDS_CHECK).values("service")
            if not Operation.objects.unsettled().exclude(service__in=asked).exists():
                return
            self.pass_time(minutes=11)

    def told(self) -> str:
        """Every operation with its attempts, for whoever reads a failure."""
        lines = []
        for operation in Operation.objects.order_by("pk"):
            lines.append(f"{operation} of service {operation.service_id}: {operation.status}")
            lines += [f"    {a.number} {a.outcome} {operation_words(a)}" for a in operation.history.all()]
        return "\n".join(lines)

    def items_of(self, service: Service) -> list[Item]:
        items = self.sandbox.state.items.values()
        return [item for item in items if item.remoteid == str(service.pk) and item.status not in (1, 4)]

    def judge(self) -> None:
        for service in Service.objects.order_by("pk"):
            live = self.items_of(service)
            assert len(live) <= 1, f"{service} was bought {len(live)} times"
            item = next((one for one in live if str(one.id) == service.remote_id), None)
            is_ending = Operation.objects.unsettled().filter(service=service, kind="TERMINATE").exists()
            if service.status == "ACTIVE" and not is_ending:
                assert item is not None, f"{service} is active here and not at the partner"
                assert service.expires_on is not None
                assert item.expires_on is not None
                assert service.expires_on <= item.expires_on
            self._judge_end_date(service)
            self._judge_renewals(service)

    def _judge_end_date(self, service: Service) -> None:
        if service.expires_on is not None:
            assert service.expires_on >= self.ends_seen.get(service.pk, service.expires_on), f"{service} moved back"
            self.ends_seen[service.pk] = service.expires_on

    def _judge_renewals(self, service: Service) -> None:
        paid = sum(
            charge.act == "prolong" and str(charge.item_id) == service.remote_id
            for charge in self.sandbox.state.charges
        )
        sent = service.operations.filter(kind="RENEW", first_sent_at__isnull=False).exclude(status="FAILED").count()
        assert paid <= sent, f"{service}: {paid} renewals paid, {sent} sent"

    def judge_the_end(self) -> None:
        """At rest: every live item belongs to a service, or a person has been asked about it."""
        asked = set(Operation.objects.filter(status="NEEDS_CHECK").values_list("service_id", flat=True))
        # What waits behind an undecided operation of its service waits for the same person.
        waiting = Operation.objects.unsettled().exclude(service__in=asked)
        assert list(waiting) == []
        held = set(Service.objects.exclude(remote_id="").values_list("remote_id", flat=True))
        held |= set(PooledLicense.objects.values_list("remote_id", flat=True))
        for item in self.sandbox.state.items.values():
            if item.status in (Status.ACTIVE, Status.SUSPENDED) and str(item.id) not in held:
                assert int(item.remoteid) in asked, f"item {item.id} was bought for {item.remoteid} and lost"
        assert not self.sandbox.state.billorders, "left in the basket"


STEPS = st.one_of(
    st.tuples(st.just("buy"), st.integers(0, 4)),
    st.tuples(st.sampled_from(["renew", "terminate", "sync", "change"]), st.integers(0, 3)),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
    st.tuples(st.just("kill"), st.integers(0, 4), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([5, 60, 300, 3600, 26 * 3600])),
    st.just(("work",)),
)


def play(story: Story, steps: list[tuple[Any, ...]]) -> None:
    """First a license goes into the pool in peace; then whatever Hypothesis has thought of."""
    story.buy(1)
    story.work()
    story.command("terminate", 0)
    story.work()
    story.buy(0)
    for name, *details in steps:
        if name == "buy":
            story.buy(details[0])
        elif name == "fault":
            story.misbehave(details[0])
        elif name == "kill":
            story.killer.aim(details[0], is_after=details[1])
        elif name == "wait":
            story.pass_time(seconds=details[0])
        elif name != "work":
            story.command(name, details[0])
        if name in ("work", "wait"):
            story.work()
            story.judge()


def make_products(world: World) -> tuple[Product, ...]:
    """Licenses that are deleted at their end, licenses that go to the pool, software, and a module on a license."""
    pooled = builders.make_product(world.group, tariff_id=builders.PRO, name="pro", price="9.00", at_end="POOL")
    software = builders.make_product(world.group, tariff_id="9203", name="CloudLinux", price="14.00")
    return (world.lite, pooled, world.business, software, world.bitninja)


@contextmanager
def undone() -> Iterator[None]:
    """One sequence in a transaction that is rolled back, so that the next one starts afresh."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def killer(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Killer:
    settings.NOC_PAYING_DEADLINE = settings.NOC_READ_TIMEOUT = 2
    settings.OPERATION_RETRY_LIMIT = timedelta(seconds=60)
    killer = Killer()
    monkeypatch.setattr(PartnerClient, "_exchange", killer.exchange(PartnerClient._exchange))
    return killer


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_any_sequence_keeps_the_promises(db: None, sandbox: Sandbox, killer: Killer) -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=PHASES,
    )
    @given(st.lists(STEPS, min_size=3, max_size=14))
    def check(steps: list[tuple[Any, ...]]) -> None:
        with undone():
            sandbox.state.reset()
            killer.disarm()
            world = builders.make_world(sandbox)
            story = Story(world, make_products(world), sandbox, killer)
            try:
                play(story, steps)
                story.settle()
                story.judge_the_end()
            except AssertionError:
                note(story.told())
                raise
            seen.update(Operation.objects.values_list("status", flat=True))
            seen.update(PooledLicense.objects.values_list("state", flat=True))

    check()
    assert seen["DONE"] > EXAMPLES, "the sequences did too little to prove anything"
    assert seen["USED"] > 0, "no license ever came out of the pool"
