"""What is measured, by name, in the order in which nothing disturbs what comes later."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from bench import (
    audit,
    documents,
    hooks,
    invoice_list,
    letters,
    mail,
    operations,
    pages,
    payments,
    renewals,
    scaling,
    shop,
    syncing,
)
from bench.workers import run_workers, time_noops
from catalog.models import Product
from demo.portal import Portal
from demo.sides import Partner

Measured = Iterator[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Bench:
    """A portal to measure, and how much of each."""

    portal: Portal
    logs: Path
    product: Product
    options: argparse.Namespace
    workers: int

    @property
    def environment(self) -> dict[str, str]:
        """Of every process of the portal."""
        return self.portal.processes.environment


def _pages(bench: Bench) -> Measured:
    for measured in pages.time_pages(bench.product, bench.environment, bench.logs, seconds=bench.options.page_seconds):
        yield "pages", measured


def _hooks(bench: Bench) -> Measured:
    for measured in hooks.time_storm(bench.environment, bench.logs, seconds=bench.options.page_seconds * 4):
        yield "hooks.storm", measured


def _renewals(bench: Bench) -> Measured:
    few = bench.options.services
    yield from renewals.measure(bench.product, counts=(few, few * bench.options.growth))


def _payments(bench: Bench) -> Measured:
    if connection.vendor == "postgresql":
        yield "payments", payments.time_payments(bench.product, count=bench.options.payments)


def _invoice_list(bench: Bench) -> Measured:
    yield "invoices.list", invoice_list.time_invoice_list(invoices=bench.options.invoices)


def _ledger(bench: Bench) -> Measured:
    yield "ledger.posting", audit.time_posting(entries=bench.options.entries)
    yield "ledger.audit", audit.time_audit()


def _celery(bench: Bench) -> Measured:
    count = bench.options.noops
    with run_workers(bench.environment, bench.logs, count=bench.workers) as started:
        yield "celery.noop", {"tasks": count, "per_second": round(time_noops(started, count=count))}


def _operations(bench: Bench) -> Measured:
    with closing(Partner(bench.portal.sandbox_url)) as partner:
        stall = operations.Shop(shop.make_client(), bench.product, partner)
        for latency_ms in (0, 50):
            after = operations.pile_up(stall, count=bench.options.operations, latency_ms=latency_ms)
            with run_workers(bench.environment, bench.logs, count=bench.workers) as started:
                yield (
                    "operations.backlog",
                    operations.time_backlog(stall, started, after=after, latency_ms=latency_ms),
                )
                yield "operations.paid_to_active", operations.time_single(stall, started, latency_ms=latency_ms)
        # Letters are composed about the events of these orders.
        for measured in letters.time_letters(count=bench.options.letters):
            yield "letters.compose", measured
        purchases = bench.options.purchases
        for measured in scaling.time_scaling(stall, bench.environment, bench.logs, purchases=purchases):
            yield "operations.scaling", measured


def _syncing(bench: Bench) -> Measured:
    licenses = bench.options.licenses
    for measured in syncing.time_account(bench.portal.sandbox_url, bench.product, bench.environment, count=licenses):
        yield "syncing.account", measured


def _documents(bench: Bench) -> Measured:
    count = bench.options.documents
    for measured in documents.time_documents(bench.environment, bench.logs, count=count, workers=bench.workers):
        yield "documents.pdf", measured


def _mail(bench: Bench) -> Measured:
    for measured in mail.time_letters(count=bench.options.letters):
        yield "letters.smtp", measured


PARTS: Mapping[str, Callable[[Bench], Measured]] = {
    "pages": _pages,
    "hooks": _hooks,
    "renewals": _renewals,
    "payments": _payments,
    "invoices": _invoice_list,
    "ledger": _ledger,
    "celery": _celery,
    "operations": _operations,
    "syncing": _syncing,
    "documents": _documents,
    "mail": _mail,
}
