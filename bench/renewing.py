"""`python -m bench.renewing`: the duty of renewal invoices in a process of its own, as a night's worker does it.

One JSON line: seconds of the plan and of the deed, statements, memory of the whole process.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import django

from billing.garbage import collect_rarely

NOW: Final = datetime(2030, 1, 1, 2, tzinfo=UTC)
TODAY: Final = NOW.date()


def measure() -> dict[str, Any]:
    """Plans the duty of TODAY, then does it."""
    from django.db import connection

    from bench.memory import watch_memory
    from billing.automation.night import Night
    from billing.automation.renewal_invoices import RenewalInvoices
    from billing.queries.billing_settings import read_automation_settings

    night = Night(TODAY, TODAY, NOW, read_automation_settings())
    statements = 0

    def counted(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*arguments)

    with watch_memory() as memory:
        started = time.perf_counter()
        planned = RenewalInvoices().plan(night)
        plan_seconds = time.perf_counter() - started
        with connection.execute_wrapper(counted):
            started, cpu = time.perf_counter(), time.process_time()
            issue()
            seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    return {
        "planned": planned.count,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "plan_seconds": plan_seconds,
        "statements": statements,
        "peak_memory_mib": memory.peak_mib,
        "memory_growth_mib": memory.growth_mib,
    }


def issue() -> None:
    """Does the duty as `run_night` does, batch by batch, without planning it again."""
    from billing.automation.leases import claim_duty
    from billing.automation.night import Night
    from billing.automation.nights import open_run
    from billing.automation.renewal_invoices import RenewalInvoices
    from billing.automation.running import do_batch
    from billing.models import DutyRun
    from billing.queries.billing_settings import read_automation_settings

    night = Night(TODAY, TODAY, NOW, read_automation_settings())
    duty, after = RenewalInvoices(), 0
    duty_run = open_run(day=night.day, now=night.now).duties.get(duty=duty.code)
    DutyRun.objects.filter(pk=duty_run.pk).update(status="WAITING")
    if not claim_duty(duty_run, now=night.now):
        raise RuntimeError("The duty is not free")
    while (reached := do_batch(duty, duty_run, night, lambda: NOW, after=after, limit=duty.batch_size)) is not None:
        after = reached


if __name__ == "__main__":
    django.setup()
    collect_rarely()
    print(json.dumps(measure()))
