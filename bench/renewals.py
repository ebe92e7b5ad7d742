"""Renewal invoices, one per service: the nightly action beside hand-written INSERT … SELECT over an equal set."""

import resource
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from billing.actions.renewal_runs import issue_renewals
from billing.models import Client, Invoice, Order, OrderLine, Service
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

# The rows that issue_renewals writes, each kind in one statement; `:now`, `:today` and `:until` are filled in.
CEILING = (
    """INSERT INTO billing_invoice (client_id, currency_id, status, payment_method, issue_date, due_date,
         subtotal, tax, total, amount_paid)
       SELECT client_id, currency_id, 'UNPAID', 'bank_transfer', {today}, next_due_date,
         recurring_amount, 0, recurring_amount, 0
       FROM billing_service WHERE status IN ('ACTIVE', 'SUSPENDED') AND next_due_date <= {until}""",
    """INSERT INTO billing_invoiceline (invoice_id, service_id, kind, description, period_start, period_end, amount,
         tax, taxes, tax_ground, is_voided)
       SELECT i.id, s.id, 'SERVICE', l.description, s.next_due_date, {end}, s.recurring_amount,
         0, '[]', 'RULES', {false}
       FROM billing_service s JOIN billing_invoice i ON i.client_id = s.client_id
       JOIN billing_orderline l ON l.id = s.order_line_id""",
    """INSERT INTO billing_posting (kind, client_id, invoice_id, posted_at)
       SELECT 'invoice.issued', client_id, id, {now} FROM billing_invoice""",
    """INSERT INTO billing_ledgerentry (posting_id, account, client_id, currency_id, amount)
       SELECT p.id, side.account, i.client_id, i.currency_id, side.sign * i.total
       FROM billing_posting p JOIN billing_invoice i ON i.id = p.invoice_id
       CROSS JOIN (SELECT 'RECEIVABLE' AS account, 1 AS sign UNION ALL SELECT 'REVENUE', -1) side""",
    """INSERT INTO billing_event (name, at, actor, client_id, invoice_id, data)
       SELECT 'invoice.issued', {now}, '', client_id, id, '{{}}' FROM billing_invoice""",
    """INSERT INTO billing_email (event_id, client_id, letter, recipient, language, status, subject, attempt, run_after,
         error)
       SELECT e.id, c.id, e.name, c.email, c.language, 'READY', '', 0, {now}, ''
       FROM billing_event e JOIN billing_client c ON c.id = e.client_id""",
)
WRITTEN_TABLES = ("email", "event", "ledgerentry", "posting", "invoiceline", "invoice")


def make_services(product: Product, *, count: int) -> None:
    """Active services due today, each of a client of its own."""
    clients = Client.objects.bulk_create(
        [
            Client(email=f"bench{number}@example.com", first_name="Anna", last_name="Berg", currency_id="EUR")
            for number in range(count)
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


def time_action(*, count: int) -> Mapping[str, Any]:
    """issue_renewals over all of them."""
    statements = 0

    def counted(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*arguments)

    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, cpu = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(counted):
        issued = issue_renewals(on=TODAY, now=NOW)
    seconds = time.perf_counter() - started
    if issued != count:
        raise RuntimeError(f"{issued} invoices were issued for {count} services")
    return {
        "services": count,
        "per_second": round(count / seconds),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "statements_per_service": round(statements / count, 4),
        "memory_growth_mib": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) // 1024,
    }


def time_ceiling(*, count: int) -> Mapping[str, Any]:
    """The same rows by the database alone, in one transaction."""
    forget_invoices()
    words = {
        "now": f"'{NOW.isoformat(sep=' ')}'",
        "today": f"'{TODAY}'",
        "until": f"'{TODAY + timedelta(days=settings.RENEWAL_INVOICE_DAYS)}'",
        "end": "'2030-02-01'",
        "false": "false",
    }
    if connection.vendor == "postgresql":
        words = {name: f"{text}::date" if name in ("today", "until", "end") else text for name, text in words.items()}
        words["now"] += "::timestamptz"
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in CEILING:
            text = statement.format(**words)
            cursor.execute(text.replace("'{}'", "'{}'::jsonb") if connection.vendor == "postgresql" else text)
    seconds = time.perf_counter() - started
    if Invoice.objects.count() != count:
        raise RuntimeError("The ceiling did not write what the action writes")
    return {"services": count, "per_second": round(count / seconds)}


def forget_invoices() -> None:
    """Takes away what the action wrote. By SQL: the ledger's models refuse it."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in WRITTEN_TABLES:
            cursor.execute(f"DELETE FROM billing_{table}")
