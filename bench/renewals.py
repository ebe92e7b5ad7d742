"""Renewal invoices, one a service: the duty of the nightly run beside hand-written SQL over an equal set."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from bench.renewing import NOW, TODAY
from billing.automation.nights import open_run
from billing.automation.renewal_invoices import RenewalInvoices
from billing.models import Client, Invoice, Order, OrderLine, Service, TaxRule
from billing.queries.seller import Snapshots
from catalog.models import Product

BATCH = 1000
SERVICE_COLUMNS: Mapping[str, Any] = {
    "status": "ACTIVE",
    "cycle": "MONTHLY",
    "module": "ispmanager_noc",
    "kind": "soft",
}

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
    know_sizes()


def know_sizes() -> None:
    """What autovacuum does within a minute wherever it runs: without it every plan is made for tables of long ago."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


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
    """The duty of the nightly run over all of them, with its plan apart, in a process of its own."""
    forget_invoices()
    done = subprocess.run([sys.executable, "-m", "bench.renewing"], check=True, stdout=subprocess.PIPE, text=True)
    measured = json.loads(done.stdout)
    if not Invoice.objects.count() == measured["planned"] == count:
        raise RuntimeError(f"{Invoice.objects.count()} invoices, {measured['planned']} planned, {count} services")
    seconds, plan_seconds = measured["seconds"], measured["plan_seconds"]
    return {
        "services": count,
        "per_second": round(count / seconds),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(measured["cpu_seconds"], 2),
        "plan_seconds": round(plan_seconds, 2),
        "plan_share": round(plan_seconds / seconds, 2),
        "statements_per_service": round(measured["statements"] / count, 4),
        "peak_memory_mib": measured["peak_memory_mib"],
        "memory_growth_mib": measured["memory_growth_mib"],
    }


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
