"""Suspended services: which can be, what is overdue for them, and what their clients are told.

No module suspends: the partner's own suspension is not offered (L5). What no module stands behind is suspended by its
status alone; whoever runs it looks at that, here or over REST.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from billing.models import (
    PAYABLE_STATUSES,
    AutomationSettings,
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    LineKind,
    Operation,
    OperationKind,
    Service,
    ServiceStatus,
    SuspensionCause,
)
from billing.queries.billing_settings import read_automation_settings

# Services that can be suspended; `can_be_suspended` says the same of one.
SUSPENDABLE: Final = Q(module="")


@dataclass(frozen=True, slots=True)
class Suspension:
    """What a client is told: `invoice` is to be paid; unpaid, the service ends on `ends_on`, None for never."""

    cause: str
    reason: str
    invoice: Invoice | None = None
    ends_on: date | None = None


def can_be_suspended(service: Service) -> bool:
    """Whether there is a suspension for what stands behind the service."""
    return not service.module


def overdue_lines(*, on: date, days: int) -> QuerySet[InvoiceLine]:
    """Of the service in an outer query: its periods that were to be paid `days` before `on`, the oldest first.

    What is being collected or is on its way to us is not overdue.
    """
    lines = _lines_due(on=on - timedelta(days=days)).filter(invoice__status=InvoiceStatus.UNPAID)
    return lines.order_by("invoice__due_date", "invoice", "pk")


def given_up_lines(*, on: date, days: int) -> QuerySet[InvoiceLine]:
    """The same of periods that were never paid and that nobody here waits for: written off, or left to a collector.

    No later period is billed after them, so the service has to end. What was paid once and taken back by the bank is
    not among them: that is left to operators.
    """
    statuses = [InvoiceStatus.COLLECTIONS, InvoiceStatus.CANCELLED]
    return _lines_due(on=on - timedelta(days=days)).filter(invoice__status__in=statuses, invoice__number=None)


def _lines_due(*, on: date) -> QuerySet[InvoiceLine]:
    return InvoiceLine.objects.filter(
        service=OuterRef("pk"), kind=LineKind.SERVICE, is_voided=False, invoice__due_date__lte=on
    )


def not_kept(*, on: date) -> Q:
    """Services that no operator has asked to leave alone on that day."""
    return Q(keep_until=None) | Q(keep_until__lte=on)


def suspended_for_nothing(*, on: date) -> Q:
    """Services suspended for want of payment of which nothing is owed any more that was due before `on`."""
    owed = InvoiceLine.objects.filter(
        service=OuterRef("pk"),
        kind=LineKind.SERVICE,
        is_voided=False,
        invoice__status__in=PAYABLE_STATUSES,
        invoice__due_date__lt=on,
    )
    return Q(~Exists(owed), status=ServiceStatus.SUSPENDED, suspension_cause=SuspensionCause.OVERDUE)


def ends_unpaid_on(due: date, keep_until: date | None, settings: AutomationSettings) -> date | None:
    """The day that a service ends whose invoice was due on `due` and stays unpaid; None while nothing ends it."""
    if not settings.terminate_days:
        return None
    day = due + timedelta(days=settings.terminate_days)
    return max(day, keep_until) if keep_until else day


def suspension_of(service: Service) -> Suspension | None:
    """Why we suspended the service, and the way out; None where we did not."""
    if service.suspension_cause == SuspensionCause.BY_HAND:
        return Suspension(service.suspension_cause, service.suspension_reason)
    if service.suspension_cause != SuspensionCause.OVERDUE:
        return None
    lines = InvoiceLine.objects.filter(
        service=service, kind=LineKind.SERVICE, is_voided=False, invoice__status__in=PAYABLE_STATUSES
    )
    line = lines.select_related("invoice").order_by("invoice__due_date", "invoice", "pk").first()
    if line is None:
        return Suspension(service.suspension_cause, "")
    ends_on = None
    if line.invoice.status == InvoiceStatus.UNPAID:
        ends_on = ends_unpaid_on(line.invoice.due_date, service.keep_until, read_automation_settings())
    return Suspension(service.suspension_cause, "", line.invoice, ends_on)


def why_not_suspend(service: Service) -> str:
    """Why the service cannot be suspended now, in words; "" if it can."""
    if not can_be_suspended(service):
        return _("Its module has no suspension: it runs until it ends.")
    if service.status == ServiceStatus.SUSPENDED:
        return _("It is suspended already.")
    if service.status != ServiceStatus.ACTIVE:
        return _("Only an active service can be suspended.")
    return _why_ending(service)


def why_not_unsuspend(service: Service) -> str:
    """Why the service cannot go on now, in words; "" if it can."""
    if service.status != ServiceStatus.SUSPENDED:
        return _("It is not suspended.")
    if not service.suspension_cause:
        return _("The partner suspended it: it goes on once it is renewed there.")
    return _why_ending(service)


def _why_ending(service: Service) -> str:
    ending = Operation.objects.unsettled().filter(service=service, kind=OperationKind.TERMINATE)
    return _("It is being ended.") if ending.exists() else ""
