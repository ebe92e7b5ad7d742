"""How much waits for a person, beside the links of the back office's menu. Every page asks: one query tells all."""

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any, Final

from django.db.models import QuerySet, Sum

from billing.models import (
    Alert,
    AlertStatus,
    AttemptStatus,
    Email,
    LedgerAudit,
    PaymentAttempt,
    Withdrawal,
    WithdrawalStatus,
)
from billing.queries.attention import duties_for_a_person, operations_for_a_person
from billing.queries.bank_transfers import transfers_open
from billing.queries.counting import ROWS, count_together, counted
from billing.queries.findings import findings_open


class Mark(StrEnum):
    """What is counted beside a link, or on the first page."""

    PAYMENTS = "payments"
    TRANSFERS = "transfers"
    OPERATIONS = "operations"
    FINDINGS = "findings"
    DUTIES = "duties"
    WITHDRAWALS = "withdrawals"
    DIFFERENCES = "differences"
    # Given up, or refused for good
    LETTERS = "letters"
    ALERTS = "alerts"


def count_marks(marks: Collection[Mark]) -> dict[Mark, int]:
    """How much waits of each of `marks`; what nothing waits of is left out. One query, none for no marks."""
    return {Mark(name): number for name, number in count_together([_count(mark) for mark in marks]).items()}


def _count(mark: Mark) -> QuerySet[Any, Any]:
    number = Sum("difference_count") if mark == Mark.DIFFERENCES else ROWS
    return counted(_WAITING[mark](), mark, number)


def _latest_audit() -> QuerySet[LedgerAudit]:
    """If it found something: a newer, clean one makes it past."""
    latest = LedgerAudit.objects.order_by("-id").values("pk")[:1]
    return LedgerAudit.objects.filter(pk__in=latest, difference_count__gt=0)


_WAITING: Final[Mapping[Mark, Callable[[], QuerySet[Any]]]] = {
    Mark.PAYMENTS: lambda: PaymentAttempt.objects.filter(status=AttemptStatus.NEEDS_CHECK),
    Mark.TRANSFERS: transfers_open,
    Mark.OPERATIONS: operations_for_a_person,
    Mark.FINDINGS: findings_open,
    Mark.DUTIES: duties_for_a_person,
    Mark.WITHDRAWALS: lambda: Withdrawal.objects.filter(status=WithdrawalStatus.REQUESTED),
    Mark.DIFFERENCES: _latest_audit,
    Mark.LETTERS: lambda: Email.objects.undelivered(),
    Mark.ALERTS: lambda: Alert.objects.filter(status=AlertStatus.FAILED),
}
