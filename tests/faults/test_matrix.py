"""Kind × command × fault: what each ends in. The cells are written by hand from design.md §2, never computed.

A fault strikes once; then the partner is well again and workers go on until the operation is settled or waits for
something. `python -m pytest tests/faults/test_matrix.py --write-faults-table` prints docs/faults.md from what was seen.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from django.conf import LazySettings

from billing.actions.commands import change_service, run_command
from billing.actions.provisioning import run_operation
from billing.models import Operation, Service
from catalog.models import Product
from noc.kinds import get_kind
from noc.sandbox.server import Sandbox
from tests.builders import World, make_active_service, make_product, place_paid_order, run_due_operations
from tests.certificates import make_certificate_product, order_certificate
from tests.clocks import MovingClock

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs/faults.md"
KINDS: Final = ("license", "software", "addition", "certificate")
COMMANDS: Final = ("create", "renew", "change", "terminate", "sync")
SOFTACULOUS: Final = "9204"
NEW_ADDRESS: Final = "192.0.2.77"
ROUNDS: Final = 10

# What each fault is, and how the partner is told to make it.
FAULTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "lost": ("done, the answer never comes", {"name": "lost_after_act"}),
    "cut": ("cut off before anything is done", {"name": "cut_before_act"}),
    "slow": ("done, the answer comes after the deadline", {"name": "delay", "phase": "after", "delay_ms": 900}),
    "500": ("HTTP 500, nothing done", {"name": "http_500"}),
    "html": ("a captcha page, nothing done", {"name": "captcha"}),
    "truncated": ("done, half an answer", {"name": "truncated_body"}),
    "no id": ("done, an answer without the number", {"name": "missing_id"}),
    "busy": ("“in process, please wait”, nothing done", {"name": "in_process"}),
    "no money": ("refused for want of money", {"name": "no_money", "variant": "error"}),
    "basket": ("left unpaid in the basket", {"name": "no_money", "variant": "basket"}),
    "stuck": ("done, and in process for good", {"name": "stuck_processing"}),
    "auth": ("the login is refused", {"name": "error", "type": "auth", "object": "badpassword", "msg": "No"}),
    "refused": ("a value is refused", {"name": "error", "type": "value", "object": "period", "msg": "No"}),
}

# operation · service · paying acts in the partner's own log · what the partner holds. A dash: cannot happen.
BOUGHT = "DONE · ACTIVE · 1 · live"
EXTENDED = "DONE · ACTIVE · 1 · extended"
OPEN = "NEEDS_CHECK · ACTIVE · 0 · not extended"  # a renewal is never sent again by itself
CHANGED = "DONE · ACTIVE · 0 · changed"
ENDED = "DONE · TERMINATED · 0 · gone"
READ = "DONE · ACTIVE · 0 · live"
EXPECTED: Final[dict[str, tuple[str, str, str, str, str]]] = {
    "lost": (BOUGHT, EXTENDED, CHANGED, ENDED, READ),
    "cut": (BOUGHT, OPEN, CHANGED, ENDED, READ),
    "slow": (BOUGHT, EXTENDED, CHANGED, ENDED, READ),
    "500": (BOUGHT, OPEN, CHANGED, ENDED, READ),
    "html": (BOUGHT, OPEN, CHANGED, ENDED, READ),
    "truncated": (BOUGHT, EXTENDED, CHANGED, ENDED, READ),
    "no id": (BOUGHT, "—", "—", "—", "—"),
    "busy": (BOUGHT, OPEN, CHANGED, ENDED, READ),
    "no money": ("HELD NO_MONEY · PENDING · 0 · none", "HELD NO_MONEY · ACTIVE · 0 · not extended", "—", "—", "—"),
    "basket": ("HELD NO_MONEY · PENDING · 0 · none", "HELD NO_MONEY · ACTIVE · 0 · not extended", "—", "—", "—"),
    "stuck": ("CHECKING · PENDING · 1 · in process", "CHECKING · ACTIVE · 1 · in process", "—", "—", "—"),
    "auth": (
        "HELD ACCOUNT_REFUSED · PENDING · 0 · none",
        "HELD ACCOUNT_REFUSED · ACTIVE · 0 · not extended",
        "HELD ACCOUNT_REFUSED · ACTIVE · 0 · unchanged",
        "HELD ACCOUNT_REFUSED · ACTIVE · 0 · live",
        "HELD ACCOUNT_REFUSED · ACTIVE · 0 · live",
    ),
    "refused": (
        "FAILED · PENDING · 0 · none",
        "FAILED · ACTIVE · 0 · not extended",
        "FAILED · ACTIVE · 0 · unchanged",
        "FAILED · ACTIVE · 0 · live",
        READ,  # a read that is refused once is asked again
    ),
}
# A bought certificate is PENDING until the authority has issued it, however long the partner works on it.
ORDERED = "DONE · PENDING · 1 · live"
CERTIFICATE: Final[dict[str, str]] = {
    **dict.fromkeys(("lost", "cut", "slow", "500", "html", "truncated", "no id", "busy"), ORDERED),
    "stuck": "DONE · PENDING · 1 · in process",
}
UNCHANGEABLE: Final = ("addition", "certificate")


def expected(kind: str, command: str, fault: str) -> str:
    if command == "change" and kind in UNCHANGEABLE:
        return "—"
    if kind == "certificate" and command == "create" and fault in CERTIFICATE:
        return CERTIFICATE[fault]
    return EXPECTED[fault][COMMANDS.index(command)]


CELLS: Final = [
    (kind, command, fault)
    for kind in KINDS
    for command in COMMANDS
    for fault in FAULTS
    if expected(kind, command, fault) != "—"
]
# Licenses stand for all in the default suite.
MARKED: Final = [pytest.param(*cell, marks=() if cell[0] == "license" else pytest.mark.thorough) for cell in CELLS]
SEEN: Final[dict[tuple[str, str, str], str]] = {}


def as_document(cells: dict[tuple[str, str, str], str]) -> str:
    lines = [
        "# What faults of the partner end in",
        "",
        "Printed by `python -m pytest tests/faults/test_matrix.py --write-faults-table` from what the run saw, and",
        "compared with what the tests expect. A fault strikes the command's own call once (for a sync: its first",
        "read); then the partner is well again and workers go on until the operation is settled or waits.",
        "",
        "Each cell: operation (with its reason for waiting) · service · paying acts in the partner's own log · what",
        "the partner holds. — means that the fault cannot happen there.",
        "",
        *(f"- **{fault}**: {words}" for fault, (words, _switch) in FAULTS.items()),
    ]
    for kind in KINDS:
        lines += ["", f"## {kind}", "", f"| fault | {' | '.join(COMMANDS)} |", f"|---|{'---|' * len(COMMANDS)}"]
        for fault in FAULTS:
            row = (cells.get((kind, command, fault), "—") for command in COMMANDS)
            lines.append(f"| {fault} | {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


@pytest.fixture(autouse=True, scope="module")
def _document(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if request.config.getoption("--write-faults-table", default=False) and len(SEEN) == len(CELLS):
        DOCUMENT.write_text(as_document(SEEN), encoding="utf-8")


@pytest.fixture(autouse=True)
def _issued_by_hand(sandbox: Sandbox) -> None:
    options = {"certificate_auto_issue_reads": 0, "certificate_renewal_reissues": False}
    httpx.post(f"{sandbox.url}/admin/options", json=options).raise_for_status()


class Cell:
    """One service on its way through one command."""

    def __init__(self, kind: str, command: str, world: World, sandbox: Sandbox) -> None:
        self.kind, self.command, self.world, self.sandbox = kind, command, world, sandbox
        self.clock = MovingClock()
        self.service = self._ordered() if command == "create" else self._active()
        self.before = self._state()
        self.end = self.service.expires_on

    def _ordered(self) -> Service:
        world = self.world
        if self.kind == "certificate":
            return order_certificate(world, make_certificate_product(world))
        if self.kind == "addition":
            parent = make_active_service(world.client, world.lite, ip="192.0.2.9", licname="parent")
            return place_paid_order(world.client, world.bitninja, item=parent.remote_id)
        return place_paid_order(world.client, self._product(), ip="192.0.2.10", licname="web")

    def _product(self) -> Product:
        if self.kind == "license":
            return self.world.lite
        return make_product(self.world.group, tariff_id=SOFTACULOUS, name="Softaculous", price="3.00")

    def _active(self) -> Service:
        if self.kind in ("license", "software"):
            return make_active_service(self.world.client, self._product(), ip="192.0.2.10", licname="web")
        service = self._ordered()
        run_due_operations(self.clock)
        service.refresh_from_db()
        if self.kind == "certificate":
            issue = {"id": int(service.remote_id), "act": "issue"}
            httpx.post(f"{self.sandbox.url}/admin/certificates", json=issue).raise_for_status()
            self.clock.skip(minutes=5)
            run_due_operations(self.clock)
            service.refresh_from_db()
        assert service.status == "ACTIVE"
        return service

    def _state(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.sandbox.url}/admin/state").json()
        return found

    def misbehave(self, fault: dict[str, Any]) -> None:
        item_type = get_kind(self.kind).item_type
        func, params = {
            "create": (f"{item_type}.order.param", {"sok": "ok"}),
            "renew": ("service.prolong", {"sok": "ok"}),
            "change": (f"{item_type}.edit", {"sok": "ok"}),
            "terminate": (f"{item_type}.delete", {"sok": "ok"}),
            "sync": (f"{item_type}.edit", {}),
        }[self.command]
        body = {**fault, "func": func, "params": params, "count": 1}
        httpx.post(f"{self.sandbox.url}/admin/faults", json=body).raise_for_status()

    def run(self) -> Operation:
        """Every round is eleven minutes later, so each look counts."""
        operation = self._queue()
        for _round in range(ROUNDS):
            run_operation(operation_id=operation.pk, clock=self.clock)
            operation.refresh_from_db()
            if operation.status not in ("QUEUED", "RUNNING", "CHECKING"):
                break
            self.clock.skip(minutes=11)
        return operation

    def _queue(self) -> Operation:
        now = self.clock()
        if self.command == "create":
            return self.service.operations.get(kind="CREATE")
        if self.command == "change":
            fields = {"ip": NEW_ADDRESS}
            return change_service(service=self.service, fields=fields, actor="test", now=now)
        Operation.objects.filter(service=self.service, status="QUEUED").delete()
        return run_command(service=self.service, command=self.command, actor="test", now=now)

    def outcome(self, operation: Operation) -> str:
        self.service.refresh_from_db()
        after = self._state()
        act = {"create": "order", "renew": "prolong"}.get(self.command, "")
        paid = after["acts"].get(act, 0) - self.before["acts"].get(act, 0)
        status = f"{operation.status} {operation.hold_reason}".strip()
        return f"{status} · {self.service.status} · {paid} · {self._held(after)}"

    def _held(self, state: dict[str, Any]) -> str:
        known = {item["id"] for item in self.before["items"]} if self.command == "create" else set()
        live = [
            item
            for item in state["items"]
            if item["status"] != 4 and item["id"] not in known and item["kind"] == get_kind(self.kind).item_type
        ]
        if not live:
            return "none" if self.command == "create" else "gone"
        assert len(live) == 1, "at most one live purchase a service"
        (item,) = live
        if item["status"] == 5:
            return "in process"
        if self.command == "renew":
            return "extended" if item["expiredate"] > str(self.end) else "not extended"
        if self.command == "change":
            return "changed" if item["ip"] == NEW_ADDRESS else "unchanged"
        return "live"


@pytest.mark.parametrize(("kind", "command", "fault"), MARKED)
def test_a_cell_ends_as_written(
    world: World, sandbox: Sandbox, settings: LazySettings, kind: str, command: str, fault: str
) -> None:
    cell = Cell(kind, command, world, sandbox)
    if fault == "slow":
        settings.NOC_PAYING_DEADLINE = settings.NOC_READ_TIMEOUT = 0.6
    cell.misbehave(FAULTS[fault][1])
    SEEN[kind, command, fault] = cell.outcome(cell.run())
    assert SEEN[kind, command, fault] == expected(kind, command, fault)


def test_the_document_says_what_is_expected() -> None:
    cells = {cell: expected(*cell) for cell in CELLS}
    assert DOCUMENT.read_text(encoding="utf-8") == as_document(cells)
