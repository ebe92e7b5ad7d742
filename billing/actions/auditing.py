"""The audit of the ledger: each invoice, payment and balance beside its entries, the result kept as a row."""

import time
from datetime import date, datetime, timedelta
from itertools import islice

from django.db import IntegrityError, transaction

from billing.actions.events import record_event
from billing.actions.notifications import notify_operators
from billing.models import LedgerAudit
from billing.queries.books import find_differences, ledger_totals
from billing.queries.clock import business_date

KEPT = 100


def audit_ledger(*, now: datetime, actor: str = "") -> LedgerAudit:
    """Looks at everything and writes down what it found; the first KEPT differences stay with the row.

    Operators are told of a ledger that is not clean, unless the audit before found the very same. Changes nothing else,
    holds no lock while it reads, and may run beside any other work.
    """
    return _audit(now=now, actor=actor, night=None)


def audit_ledger_nightly(*, now: datetime) -> LedgerAudit:
    """The audit of the business day: made once, however often and in however many workers it is asked for.

    Operators are told every night until the ledger is clean.
    """
    night = business_date(now)
    done = LedgerAudit.objects.filter(day=night).first()
    if done is not None:
        return done
    try:
        return _audit(now=now, actor="", night=night)
    except IntegrityError:
        # Another worker was faster; its result is as good.
        return LedgerAudit.objects.get(day=night)


def _audit(*, now: datetime, actor: str, night: date | None) -> LedgerAudit:
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
        if count and (night is not None or is_news):
            _tell(audit, now=now)
    return audit


def _tell(audit: LedgerAudit, *, now: datetime) -> None:
    data = {"audit": audit.pk, "differences": audit.difference_count}
    event = record_event("ledger.not_clean", now=now, actor=audit.actor, data=data)
    notify_operators(event, now=now)
