"""PDF files a second: asked for as clients do, made by workers; beside them WeasyPrint alone, in this process."""

import time
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from bench.shop import make_client
from bench.workers import run_workers, wait_until
from billing.actions.documents import request_document
from billing.actions.seller import save_bank_account, save_seller
from billing.documents.content import read_paper
from billing.documents.rendering import make_pdf, render_source
from billing.models import Client, Invoice, InvoiceLine, LineKind, StoredDocument
from billing.queries.clock import database_now
from catalog.models import Currency

SHORT, LONG = 3, 60  # lines
ALONE = 10  # documents
DAY = date(2026, 3, 1)


def time_documents(environment: Mapping[str, str], logs: Path, *, count: int, workers: int) -> Iterable[dict[str, Any]]:
    """A measurement for short documents (a QR code, one page) and one for long ones (several pages)."""
    client = _make_parties()
    for lines in (SHORT, LONG):
        invoices = [_make_invoice(client, lines=lines) for _number in range(count)]
        alone = _time_alone(invoices[0])
        with run_workers(environment, logs, count=workers) as started:
            # The first document of each process loads WeasyPrint and unpacks the fonts.
            _ask([_make_invoice(client, lines=lines) for _number in range(workers * 4)])
            wait_until(started, _all_made)
            begun = time.perf_counter()
            asked = _ask(invoices)
            wait_until(started, _all_made)
            took = time.perf_counter() - begun
        yield {
            "documents": count,
            "lines": lines,
            "worker_processes": workers,
            "per_second": round(count / took, 1),
            "worker_seconds_each": round(took * workers / count, 3),
            "asking_seconds_each": round(asked / count, 4),
            "weasyprint_alone_cpu_seconds": round(alone, 3),
            "bytes": len(bytes(StoredDocument.objects.latest("id").content or b"")),
        }


def _ask(invoices: list[Invoice]) -> float:
    begun = time.perf_counter()
    for invoice in invoices:
        request_document(subject=invoice, now=database_now())
    return time.perf_counter() - begun


def _all_made() -> bool:
    return not StoredDocument.objects.exclude(state="READY").exists()


def _time_alone(invoice: Invoice) -> float:
    """Processor seconds a document, the middle one of several, once everything is loaded."""
    source = render_source(read_paper(invoice))
    make_pdf(source)
    times = []
    for _number in range(ALONE):
        begun = time.process_time()
        make_pdf(source)
        times.append(time.process_time() - begun)
    return median(times)


def _make_parties() -> Client:
    now = database_now()
    seller = {"name": "Example Hosting GmbH", "country": "DE", "address": "Hauptstraße 1\n10115 Berlin"}
    save_seller(values={**seller, "tax_id": "DE136695976"}, actor="bench", now=now)
    account = {"holder": "Example Hosting GmbH", "number": "DE89370400440532013000", "bank": "Commerzbank"}
    save_bank_account(currency=Currency.objects.get(code="EUR"), values=account, actor="bench", now=now)
    return make_client(email="documents@example.com")


def _make_invoice(client: Client, *, lines: int) -> Invoice:
    """Unpaid: with bank details and a QR code."""
    amount, tax = Decimal(15), Decimal("2.85")
    invoice = Invoice.objects.create(
        client=client,
        currency=client.currency,
        issue_date=DAY,
        due_date=DAY,
        subtotal=amount * lines,
        tax=tax * lines,
        total=(amount + tax) * lines,
    )
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            kind=LineKind.MANUAL,
            description=f"ispmanager business, license for 1 month, host{number}.example.com",
            period_start=DAY,
            period_end=date(2026, 4, 1),
            amount=amount,
            tax=tax,
            taxes=[["VAT", "19", str(tax)]],
        )
        for number in range(lines)
    )
    return invoice
