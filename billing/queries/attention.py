"""What needs a person now: the first page of the back office and the rows behind the mark beside *Operations*."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet, Window

from billing.models import (
    ENDED_STATUSES,
    CancellationRequest,
    Client,
    DutyRun,
    DutyStatus,
    Finding,
    Invoice,
    Operation,
    OperationStatus,
    Order,
    OrderStatus,
)
from billing.queries.cancellations import cancellations_open
from billing.queries.clock import business_date
from billing.queries.findings import findings_open
from noc.models import AccountHealth, Server

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Attention[Row: Model]:
    """The first rows of what waits, and how much waits in all."""

    rows: list[Row]
    count: int


def operations_for_a_person() -> QuerySet[Operation]:
    """Undecided, on hold, or failed with nothing of the kind tried since and the service not ended."""
    since = Operation.objects.filter(service=OuterRef("service"), kind=OuterRef("kind"), pk__gt=OuterRef("pk"))
    is_open_failure = Q(status=OperationStatus.FAILED) & ~Q(service__status__in=ENDED_STATUSES) & ~Q(Exists(since))
    return Operation.objects.filter(Q(status__in=[OperationStatus.NEEDS_CHECK, OperationStatus.HELD]) | is_open_failure)


def operations_waiting() -> Attention[Operation]:
    """Operations for a person, those that only a person can decide first."""
    found = operations_for_a_person()
    rows = found.select_related("service__client", "service__product", "server").order_by("-status", "id")
    return _first(found, rows)


def orders_waiting() -> Attention[Order]:
    """Pending orders, the oldest first."""
    found = Order.objects.filter(status=OrderStatus.PENDING)
    return _first(found, found.select_related("client", "currency", "invoice").order_by("placed_at", "id"))


def invoices_overdue(*, now: datetime) -> Attention[Invoice]:
    """Unpaid past their due date, the longest first."""
    found = Invoice.objects.overdue(on=business_date(now))
    return _first(found, found.select_related("client", "currency").order_by("due_date", "id"))


def cancellations_waiting() -> Attention[CancellationRequest]:
    """Services that clients want to end, those first that end first."""
    found = cancellations_open()
    return _few(found.select_related("service__client", "service__product"))


def findings_waiting() -> Attention[Finding]:
    """Disagreements with partners that nobody has dealt with, the oldest first."""
    found = findings_open()
    return _few(found.select_related("server", "service__product").order_by("first_seen_at", "id"))


def duties_for_a_person() -> QuerySet[DutyRun]:
    """Duties of nights that a brake stopped or that failed."""
    return DutyRun.objects.filter(status__in=[DutyStatus.BRAKED, DutyStatus.FAILED])


def duties_waiting() -> list[DutyRun]:
    """The first of those, the oldest night first."""
    return list(duties_for_a_person().select_related("run").order_by("run__day", "position")[:SHOWN])


def accounts_unwell() -> list[Server]:
    """Enabled partner accounts that refuse us or are out of money."""
    return list(Server.objects.filter(is_enabled=True).exclude(health=AccountHealth.OK))


def clients_unreachable() -> Attention[Client]:
    """Clients to whose address letters come back, the newest first."""
    return _few(Client.objects.exclude(bounced_at=None).order_by("-bounced_at", "id"))


def _few[Row: Model](rows: QuerySet[Row]) -> Attention[Row]:
    """In one query, for what is never so much that counting it row by row would take long."""
    found = list(rows.annotate(in_all=Window(Count("pk")))[:SHOWN])
    return Attention(found, found[0].in_all if found else 0)  # type: ignore[attr-defined]


def _first[Row: Model](found: QuerySet[Row], rows: QuerySet[Row]) -> Attention[Row]:
    return Attention(list(rows[:SHOWN]), found.count())
