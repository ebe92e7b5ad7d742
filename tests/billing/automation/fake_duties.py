"""Duties for tests: one touches clients and may stumble over some of them, one ends services."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import QuerySet

from billing.automation.duty import Duty
from billing.automation.night import Night, Touched
from billing.automation.sweeps import Sweep
from billing.models import Client, DutyItem, Service


class Greeting(Sweep[Client]):
    """Greets every client once a night: notes it in the client's company."""

    code = "greeting"
    label = "Greeting"
    words = "Greets clients."
    batch_size = 3

    def __init__(self, *, code: str = "greeting", is_ending: bool = False) -> None:
        self.code = code  # type: ignore[misc]
        self.ends_services = is_ending  # type: ignore[misc]
        self.broken: set[int] = set()
        self.before: Callable[[Client], Any] = lambda _client: None

    def candidates(self, night: Night) -> QuerySet[Client]:
        return Client.objects.exclude(company__contains=self.mark(night))

    def intend(self, night: Night, row: Client) -> Touched | None:
        return Touched("client", row.pk, "greeted", amount=None)

    def do(self, night: Night, row: Client) -> bool:
        self.before(row)
        if row.pk in self.broken:
            raise ValueError("cannot be greeted")
        row.company += self.mark(night)
        row.save(update_fields=["company"])
        return True

    def mark(self, night: Night) -> str:
        return f"[{self.code} {night.day}]"

    def done(self) -> int:
        return DutyItem.objects.filter(duty_run__duty=self.code, is_failed=False).count()


class OneEnd(Sweep[Service]):
    """Ends one service a night."""

    label = words = "One end"
    ends_services = True
    batch_size = 3

    def __init__(self, *, code: str) -> None:
        self.code = code  # type: ignore[misc]

    def candidates(self, night: Night) -> QuerySet[Service]:
        is_done = DutyItem.objects.filter(duty_run__duty=self.code).exists()
        first = Service.objects.live().order_by("pk").values("pk")[: 0 if is_done else 1]
        return Service.objects.filter(pk__in=list(first.values_list("pk", flat=True)))

    def intend(self, night: Night, row: Service) -> Touched | None:
        return Touched("service", row.pk, "ended")

    def do(self, night: Night, row: Service) -> bool:
        Service.objects.filter(pk=row.pk).update(status="TERMINATED")
        return True


def install(monkeypatch: pytest.MonkeyPatch, *duties: Duty[Any, Any]) -> None:
    """These are the duties of every night."""
    for module in ("nights", "planning", "running"):
        monkeypatch.setattr(f"billing.automation.{module}.DUTIES", duties)
    known = {duty.code: duty for duty in duties}
    monkeypatch.setattr("billing.automation.running.get_duty", known.get)
