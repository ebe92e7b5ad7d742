"""Renewal invoices, one a service: the duty of the nightly run beside hand-written SQL over an equal set."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from bench.memory import watch_memory
from billing.automation.leases import claim_duty
from billing.automation.night import Night
from billing.automation.nights import open_run
from billing.automation.renewal_invoices import RenewalInvoices
from billing.automation.running import do_batch
from billing.models import Client, DutyRun, Invoice, Order, OrderLine, Service, TaxRule
from billing.queries.billing_settings import read_automation_settings
from billing.queries.seller import Snapshots
from catalog.models import Product

BATCH = 1000
SERVICE_COLUMNS: Mapping[str, Any] = {
    "status": "ACTIVE",
    "cycle": "MONTHLY",
    "module": "ispmanager_noc",
    "kind": "soft",
}
NOW = datetime(2030, 1, 1, 2, tzinfo=UTC)
TODAY = NOW.date()

CEILING = (Path(__file__).parent / "ceilings" / "renewals.sql").read_text()
WRITTEN_TABLES = ("dutyitem", "email", "event", "ledgerentry", "posting", "invoiceline", "invoice")
ROWS_A_SERVICE = 9  # one in each table, three ledger entries


def make_services(product: Product, *, first: int, count: int) -> None:
    """Active services due today, each of a client of its own."""
    clients = Client.objects.bulk_create(
        [
            Client(email=f"bench{number}@example.com", first_name="Anna", last_name="Berg", currency_id="EUR")
            for number in range(first, first + count)
        ],
        batch_size=BATCH,
    )
    orders = Order.objects.bulk_create(
        [
            Order(
                number=f"B{client.pk}",
                client=client,
                payment_method="bank_transfer",
                currency_id="EUR",
                total=Decimal(5),
                checkout_key=f"renewal-{client.pk}",
                placed_at=NOW,
            )
            for client in clients
        ],
        batch_size=BATCH,
    )
    lines = OrderLine.objects.bulk_create(
        [OrderLine(order=one, product=product, cycle="MONTHLY", description="lite", unit_price=5) for one in orders],
        batch_size=BATCH,
    )
    Service.objects.bulk_create([_service(line, product) for line in lines], batch_size=BATCH)


def _service(line: OrderLine, product: Product) -> Service:
    return Service(
        client_id=line.order.client_id,
        order_line=line,
        product=product,
        currency_id="EUR",
        first_amount=5,
        recurring_amount=5,
        registered_on=date(2029, 12, 1),
        anchor_day=1,
        next_due_date=TODAY,
        paid_until=TODAY,
        expires_on=TODAY,
        remote_id=str(line.pk),
        status="ACTIVE",
        cycle="MONTHLY",
        module="ispmanager_noc",
        kind="soft",
    )


def measure(product: Product, *, counts: tuple[int, int]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The duty for a small and a large set, each beside its ceiling, and whether one of many takes longer."""
    add_tax()
    made, seconds = 0, []
    for count in counts:
        make_services(product, first=made, count=count - made)
        made = count
        action = time_action(count=count)
        if connection.vendor == "postgresql":
            ceiling = time_ceiling(count=count)
            yield "renewals.insert_select", ceiling
            yield "renewals.generate_series", time_bare_inserts(count=count)
            action = {**action, "times_the_ceiling": round(action["seconds"] / ceiling["seconds"], 2)}
        seconds.append(action["seconds"] / count)
        yield "renewals.duty", action
        forget_invoices()
    yield "renewals.growth", {"counts": counts, "time_a_service": round(seconds[1] / seconds[0], 2)}
    Service.objects.filter(order_line__order__checkout_key__startswith="renewal-").update(status="CANCELLED")


def add_tax() -> None:
    """Every client pays VAT of 20 % on top."""
    TaxRule.objects.get_or_create(name="VAT", rate=Decimal(20), defaults={"level": 1})


def time_action(*, count: int) -> Mapping[str, Any]:
    """The duty of the nightly run over all of them, with its plan apart."""
    forget_invoices()
    # A worker of the night starts without plans of statements that were made for other tables than it meets.
    connection.close()
    night = Night(TODAY, TODAY, NOW, read_automation_settings())
    started = time.perf_counter()
    planned = RenewalInvoices().plan(night)
    plan_seconds = time.perf_counter() - started
    statements = 0

    def counted(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*arguments)

    with watch_memory() as memory, connection.execute_wrapper(counted):
        started, cpu = time.perf_counter(), time.process_time()
        _run_duty(night)
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    if not Invoice.objects.count() == planned.count == count:
        raise RuntimeError(f"{Invoice.objects.count()} invoices, {planned.count} planned, {count} services")
    return {
        "services": count,
        "per_second": round(count / seconds),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "plan_seconds": round(plan_seconds, 2),
        "plan_share": round(plan_seconds / seconds, 2),
        "statements_per_service": round(statements / count, 4),
        "peak_memory_mib": memory.peak_mib,
        "memory_growth_mib": memory.growth_mib,
    }


def _run_duty(night: Night) -> None:
    """As `run_night` does it, batch by batch, without planning it again."""
    duty, after = RenewalInvoices(), 0
    duty_run = open_run(day=night.day, now=night.now).duties.get(duty=duty.code)
    DutyRun.objects.filter(pk=duty_run.pk).update(status="WAITING")
    if not claim_duty(duty_run, now=night.now):
        raise RuntimeError("The duty is not free")
    while (reached := do_batch(duty, duty_run, night, lambda: NOW, after=after, limit=duty.batch_size)) is not None:
        after = reached


def time_ceiling(*, count: int) -> Mapping[str, Any]:
    """The same rows by hand-written set-based SQL in one transaction; PostgreSQL only."""
    forget_invoices()
    duty_run = open_run(day=TODAY, now=NOW).duties.get(duty=RenewalInvoices.code)
    values = {
        "now": NOW,
        "today": TODAY,
        "until": TODAY + timedelta(days=14),
        "duty_run": duty_run.pk,
        "seller": json.dumps(Snapshots().seller("EUR")),
    }
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in CEILING.split(";\n"):
            if "INSERT" in statement:
                cursor.execute(statement, values)
    seconds = time.perf_counter() - started
    if Invoice.objects.count() != count:
        raise RuntimeError("The ceiling did not write what the action writes")
    return {"services": count, "per_second": round(count / seconds), "seconds": round(seconds, 2)}


def time_bare_inserts(*, count: int) -> Mapping[str, Any]:
    """As many narrow rows of one table with no index but its key: so that the ceiling cannot be made slow unnoticed."""
    rows = count * ROWS_A_SERVICE
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_bare (id bigint PRIMARY KEY, words text, amount numeric(19, 4))")
        started = time.perf_counter()
        cursor.execute(
            "INSERT INTO bench_bare SELECT n, 'invoice.issued', n / 100.0 FROM generate_series(1, %s) n", [rows]
        )
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE bench_bare")
    return {"rows": rows, "seconds": round(seconds, 2), "rows_per_second": round(rows / seconds)}


def forget_invoices() -> None:
    """Takes away what was written. By SQL, and past the triggers: the ledger refuses it otherwise.

    TRUNCATE, not DELETE and VACUUM: a table known to be empty makes PostgreSQL plan its checks of foreign keys by
    walking through it, and keep that plan while it grows.
    """
    tables = [f"billing_{table}" for table in WRITTEN_TABLES]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
            return
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")
