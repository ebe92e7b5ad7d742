"""The audit of a large ledger beside one bare sum of all its entries, and what its triggers cost whoever posts much."""

import resource
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection, transaction

from bench.raw_rows import NUMBERS, insert_rows, run, settle_statistics
from billing.actions.auditing import audit_ledger
from billing.append_only import put_up, take_down
from billing.models import Client, Invoice, LedgerEntry, Payment
from billing.queries.clock import database_now

ENTRIES_OF_INVOICE, ENTRIES_OF_PAYMENT, INVOICES_OF_CLIENT = 3, 2, 10
# Four invoices in five are paid.
PAID = "g.number % 5 <> 0"

# Columns that matter here; `insert_rows` fills the others with their defaults.
CLIENTS = {
    "id": "{base} + number",
    "email": "'audit' || number || '@example.com'",
    "first_name": "'Anna'",
    "last_name": "'Berg'",
    "currency_id": "'EUR'",
    "created_at": "CURRENT_TIMESTAMP",
}
INVOICES = {
    "id": "{base} + number",
    "client_id": "{base} + 1 + number % {clients}",
    "currency_id": "'EUR'",
    "number": "'A-' || number",
    "status": f"CASE WHEN {PAID} THEN 'PAID' ELSE 'UNPAID' END",
    "issue_date": "CURRENT_DATE",
    "due_date": "CURRENT_DATE",
    "subtotal": "9.99",
    "tax": "1.9",
    "total": "11.89",
    "amount_paid": f"CASE WHEN {PAID} THEN 11.89 ELSE 0 END",
}
PAYMENTS = {
    "id": "{base} + number",
    "invoice_id": "{base} + number",
    "client_id": "{base} + 1 + number % {clients}",
    "gateway": "'manual'",
    "reference": "'A-' || number",
    "amount": "11.89",
    "applied_amount": "11.89",
    "currency_id": "'EUR'",
    "received_at": "CURRENT_TIMESTAMP",
}
POSTINGS = f"""{NUMBERS} INSERT INTO billing_posting (id, kind, client_id, invoice_id, payment_id, posted_at)
    SELECT {{base}} + 2 * number + side.place, side.kind, {{base}} + 1 + number % {{clients}}, {{base}} + number,
    CASE WHEN side.place = 1 THEN {{base}} + number END, CURRENT_TIMESTAMP
    FROM g CROSS JOIN (SELECT 0 AS place, 'invoice.issued' AS kind UNION ALL SELECT 1, 'payment.received') side
    WHERE side.place = 0 OR {PAID}"""
ENTRIES = f"""{NUMBERS} INSERT INTO billing_ledgerentry (posting_id, account, client_id, currency_id, amount)
    SELECT {{base}} + 2 * number + side.place, side.account, {{base}} + 1 + number % {{clients}}, 'EUR', side.amount
    FROM g CROSS JOIN (SELECT 0 AS place, 'RECEIVABLE' AS account, 11.89 AS amount UNION ALL SELECT 0, 'REVENUE', -9.99
    UNION ALL SELECT 0, 'TAX', -1.9 UNION ALL SELECT 1, 'CLEARING', 11.89 UNION ALL SELECT 1, 'RECEIVABLE', -11.89) side
    WHERE side.place = 0 OR {PAID}"""
BARE_SUM = """SELECT COUNT(*) FROM (SELECT posting_id FROM billing_ledgerentry
    GROUP BY posting_id, currency_id HAVING SUM(amount) <> 0) AS unbalanced"""


def time_posting(*, entries: int) -> Mapping[str, Any]:
    """Rows a second into the ledger without its triggers and with them; the documents are there already."""
    invoices = _make_documents(entries)
    _forget_ledger()
    with transaction.atomic():
        take_down(connection)
    bare = _seconds(lambda: _post(invoices))
    rows = LedgerEntry.objects.count()
    _forget_ledger()
    guarded = _seconds(lambda: _post(invoices))
    return {
        "entries": rows,
        "per_second_without_triggers": round(rows / bare),
        "per_second": round(rows / guarded),
        "cost_percent": round((guarded / bare - 1) * 100, 1),
    }


def time_audit() -> Mapping[str, Any]:
    """audit_ledger over all that `time_posting` left there."""
    settle_statistics()
    statements = 0

    def counted(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*arguments)

    bare = _seconds(lambda: run(BARE_SUM))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with connection.execute_wrapper(counted):
        audit = audit_ledger(now=database_now())
    if not audit.is_clean:
        raise RuntimeError(f"The ledger of the benchmark is not clean: {audit.differences[:3]}")
    seconds = audit.duration.total_seconds()
    return {
        "entries": audit.entry_count,
        "seconds": round(seconds, 2),
        "per_second": round(audit.entry_count / seconds),
        "statements": statements,
        "bare_sum_seconds": round(bare, 2),
        "times_bare_sum": round(seconds / bare, 1),
        "memory_growth_mib": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) // 1024,
    }


def _make_documents(entries: int) -> int:
    """Clients, invoices and payments for about so many entries; returns how many invoices."""
    invoices = round(entries / (ENTRIES_OF_INVOICE + ENTRIES_OF_PAYMENT * 4 / 5))
    clients = max(invoices // INVOICES_OF_CLIENT, 1)
    with transaction.atomic():
        run(insert_rows(Client, CLIENTS), count=clients)
        run(insert_rows(Invoice, INVOICES), count=invoices, clients=clients)
        run(insert_rows(Payment, PAYMENTS, where=PAID), count=invoices, clients=clients)
    return invoices


def _post(invoices: int) -> None:
    with transaction.atomic():
        clients = max(invoices // INVOICES_OF_CLIENT, 1)
        run(POSTINGS, count=invoices, clients=clients)
        run(ENTRIES, count=invoices, clients=clients)


def _forget_ledger() -> None:
    with transaction.atomic():
        take_down(connection)
        for table in ("ledgerentry", "posting"):
            run(f"DELETE FROM billing_{table}")
        put_up(connection)
    settle_statistics()


def _seconds(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
