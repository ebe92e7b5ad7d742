"""The invoice list of a client who has many, in a table of many more: what its page asks of the database."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection

from bench.audit import CLIENTS, INVOICES
from bench.raw_rows import BASE, insert_rows, run, settle_statistics
from bench.renewals import forget_invoices
from bench.renewing import TODAY
from billing.models import Client, Invoice
from billing.queries.pages_client import INVOICE_FILTERS, invoice_chips, invoice_page, invoice_totals

OTHERS = 1000
ROUNDS = 5
# The last one is where a number beyond it leads.
PAGES = ("1", "2", "20", "200", "100000")


def time_invoice_list(*, invoices: int) -> Mapping[str, Any]:
    """Every filter and several pages of it, for a client with one invoice in a hundred of all."""
    # One of each hundred, now paid, now not.
    place = "{base} + 1 + CASE WHEN number % 100 = number / 100 % 5 THEN 0 ELSE 1 + number % {clients} END"
    run(insert_rows(Client, CLIENTS), count=OTHERS + 1)
    run(insert_rows(Invoice, {**INVOICES, "client_id": place}), count=invoices, clients=OTHERS)
    settle_statistics()
    client = Client.objects.get(pk=BASE + 1)
    asked = [_ask(client, chosen, number) for chosen in INVOICE_FILTERS for number in PAGES for _round in range(ROUNDS)]
    times = sorted(seconds * 1000 for seconds, _queries in asked)
    forget_invoices()
    run("DELETE FROM billing_client WHERE id > {base}")
    return {
        "invoices": invoices,
        "of_the_client": invoices // 100,
        "requests": len(times),
        "queries": max(queries for _seconds, queries in asked),
        "database_ms_p50": round(statistics.median(times), 2),
        "database_ms_p95": round(times[int(len(times) * 0.95)], 2),
        "database_ms_max": round(times[-1], 2),
    }


def _ask(client: Client, chosen: str, number: str) -> tuple[float, int]:
    """What the page of the list does; seconds in the database, and how many queries."""
    seconds, queries = 0.0, 0

    def timed(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal seconds, queries
        started = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            seconds, queries = seconds + time.perf_counter() - started, queries + 1

    with connection.execute_wrapper(timed):
        chips = invoice_chips(client, chosen)
        count = next(chip.count for chip in chips if chip.is_chosen)
        list(invoice_page(client, chosen=chosen, number=number, count=count))
        invoice_totals(client, on=TODAY)
    return seconds, queries
