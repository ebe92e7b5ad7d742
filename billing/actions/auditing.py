"""The audit of the ledger: each invoice, payment and balance beside its entries, the result kept as a row."""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from django.db import IntegrityError, transaction

from billing.actions.events import record_event
from billing.actions.notifications import notify_operators
from billing.models import AuditRequest, LedgerAudit
from billing.queries.books import find_differences, ledger_totals
from billing.queries.clock import business_date
from billing.wakeups import wake_audit

KEPT: Final = 100
# Longer than reading a ledger of a hundred million entries takes.
LEASE: Final = timedelta(minutes=15)


def audit_ledger(*, now: datetime, actor: str = "") -> LedgerAudit:
    """Looks at everything and writes down what it found; the first KEPT differences stay with the row.

    Operators are told of a ledger that is not clean, unless the audit before found the very same. Changes nothing else,
    holds no lock while it reads, and may run beside any other work.
    """
    return _audit(now=now, actor=actor)


def request_audit(*, actor: str, now: datetime) -> AuditRequest:
    """Asks a worker for an audit: that of a large ledger takes longer than a page may. Joins a request that is open."""
    with transaction.atomic():
        request = AuditRequest.objects.open().first()
        if request is None:
            request = AuditRequest.objects.create(actor=actor, asked_at=now, run_after=now)
            record_event("ledger.audit_asked", now=now, actor=actor)
        wake_audit(request.pk)
    return request


def audit_as_requested(*, request_id: int, clock: Callable[[], datetime]) -> None:
    """Leases the request and answers it. A second delivery of the wake-up does nothing.

    Where the worker dies while it reads, another one looks once the lease is over.
    """
    now = clock()
    if AuditRequest.objects.due(now=now).filter(pk=request_id).update(run_after=now + LEASE):
        request = AuditRequest.objects.get(pk=request_id)
        _audit(now=clock(), actor=request.actor, request=request)


def wake_due_audits(*, now: datetime) -> None:
    """Wakes a worker for each request that is due."""
    for request_id in AuditRequest.objects.due(now=now).values_list("pk", flat=True):
        wake_audit(request_id)


def audit_ledger_nightly(*, now: datetime) -> LedgerAudit:
    """The audit of the business day: made once, however often and in however many workers it is asked for.

    Operators are told every night until the ledger is clean.
    """
    night = business_date(now)
    done = LedgerAudit.objects.filter(day=night).first()
    if done is not None:
        return done
    try:
        return _audit(now=now, night=night)
    except IntegrityError:
        # Another worker was faster; its result is as good.
        return LedgerAudit.objects.get(day=night)


def _audit(
    *, now: datetime, actor: str = "", night: date | None = None, request: AuditRequest | None = None
) -> LedgerAudit:
    started = time.monotonic()
    totals = ledger_totals()
    differences = find_differences()
    kept = [difference.as_row() for difference in islice(differences, KEPT)]
    count = len(kept) + sum(1 for _more in differences)
    before = LedgerAudit.objects.order_by("-id").first()
    is_news = before is None or (before.difference_count, before.differences) != (count, kept)
    with transaction.atomic():
        audit = LedgerAudit.objects.create(
            at=now,
            day=night,
            actor=actor,
            duration=timedelta(seconds=time.monotonic() - started),
            entry_count=sum(total.count for total in totals),
            totals=[[total.currency, total.account.value, f"{total.sum:f}"] for total in totals],
            difference_count=count,
            differences=kept,
        )
        if request is not None:
            AuditRequest.objects.filter(pk=request.pk).update(audit=audit)
        if count and (night is not None or is_news):
            _tell(audit, now=now)
    return audit


def _tell(audit: LedgerAudit, *, now: datetime) -> None:
    data = {"audit": audit.pk, "differences": audit.difference_count}
    event = record_event("ledger.not_clean", now=now, actor=audit.actor, data=data)
    notify_operators(event, now=now)
