"""Duties that end services: cancellation requests, what nobody paid, renewal limits, fixed terms."""

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.cancellations import carry_out
from billing.actions.ending import end_whole
from billing.actions.events import record_event
from billing.actions.notifications import notify_letter
from billing.actions.unpaid_invoices import drop_unpaid_lines
from billing.automation.night import Night, Touched
from billing.automation.sweeps import Sweep
from billing.models import (
    CancellationRequest,
    CancellationStatus,
    CancellationType,
    InvoiceLine,
    LineKind,
    Operation,
    OperationKind,
    Service,
    ServiceStatus,
)
from billing.queries.cancellations import with_end_of_period
from billing.queries.suspensions import given_up_lines, not_kept, overdue_lines
from catalog.models import Cycle

ACTOR = "automation"


def live_services() -> QuerySet[Service]:
    """Live services that are not being ended already."""
    ending = Operation.objects.unsettled().filter(service=OuterRef("pk"), kind=OperationKind.TERMINATE)
    return Service.objects.live().filter(~Exists(ending)).select_related("client", "product")


def _touched(service: Service, outcome: str) -> Touched:
    amount = service.recurring_amount if service.recurring_amount else None
    return Touched("service", service.pk, outcome, -amount if amount else None, service.currency_id)


def _end(night: Night, service: Service, status: ServiceStatus) -> None:
    end_whole(service=service, status=status, now=night.now, actor=ACTOR)
    if night.settings.voids_invoices_of_cancelled:
        drop_unpaid_lines(service=service, now=night.now, actor=ACTOR)


class Cancellations(Sweep[CancellationRequest]):
    """Requests whose paid period is over (§3.3)."""

    code = "cancellations"
    label = gettext_lazy("Cancellation requests")
    words = gettext_lazy("Ends services whose clients asked for it, once what was paid is over.")
    ends_services = True
    client_path = "service__client_id"

    def candidates(self, night: Night) -> QuerySet[CancellationRequest]:
        """Open ones that are due; none while the setting is off."""
        if not night.settings.ends_cancelled:
            return CancellationRequest.objects.none()
        is_over = Q(type=CancellationType.IMMEDIATE) | Q(end_of_period__lte=night.day)
        wishes = with_end_of_period(CancellationRequest.objects.filter(status=CancellationStatus.OPEN))
        return wishes.filter(is_over).select_related("service__client", "service__product")

    def intend(self, night: Night, row: CancellationRequest) -> Touched:
        """The service that ends."""
        return _touched(row.service, _("Cancelled as the client asked"))

    def do(self, night: Night, row: CancellationRequest) -> bool:
        """Ends it, if the request was not withdrawn meanwhile."""
        return carry_out(
            wish=row, now=night.now, actor=ACTOR, voids_invoices=night.settings.voids_invoices_of_cancelled
        )


class Unpaid(Sweep[Service]):
    """Services whose renewal nobody paid (§6, terminations)."""

    code = "terminations"
    label = gettext_lazy("Unpaid services")
    words = gettext_lazy("Ends services whose renewal invoice is long overdue.")
    ends_services = True
    client_path = "client_id"

    def candidates(self, night: Night) -> QuerySet[Service]:
        """Live, overdue by so many days, and not kept by an operator until later.

        Debts that somebody else collects and those that were written off are no less unpaid. What was paid once and
        taken back by the bank is left to operators.
        """
        days = night.settings.terminate_days
        if not days:
            return Service.objects.none()
        unpaid = Exists(overdue_lines(on=night.day, days=days)) | Exists(given_up_lines(on=night.day, days=days))
        return live_services().filter(not_kept(on=night.day), unpaid)

    def intend(self, night: Night, row: Service) -> Touched:
        """Ends unpaid."""
        return _touched(row, _("Ended unpaid"))

    def do(self, night: Night, row: Service) -> bool:
        """As TERMINATED: by us, for want of payment."""
        record_event("service.unpaid", now=night.now, actor=ACTOR, service=row)
        _end(night, row, ServiceStatus.TERMINATED)
        return True


class RecurringLimits(Sweep[Service]):
    """Services that were renewed as often as their product allows (P6)."""

    code = "recurring_limits"
    label = gettext_lazy("Recurring cycles limit")
    words = gettext_lazy("Ends services at the end of the last period that their product allows.")
    ends_services = True
    client_path = "client_id"

    def candidates(self, night: Night) -> QuerySet[Service]:
        """All renewals had, the last of them paid, and its period over."""
        renewals = (
            InvoiceLine.objects.filter(
                service=OuterRef("pk"),
                kind=LineKind.SERVICE,
                is_voided=False,
                period_start__gt=OuterRef("registered_on"),
                # Paid once, whatever the bank has taken back of it since: no further period is invoiced either.
                invoice__number__isnull=False,
            )
            .order_by()
            .values("service")
            .annotate(count=Count("pk"))
            .values("count")
        )
        limited = live_services().filter(recurring_limit__gt=0, paid_until__lte=night.day).exclude(cycle=Cycle.ONE_TIME)
        return limited.annotate(renewals=Coalesce(Subquery(renewals), 0)).filter(renewals__gte=F("recurring_limit"))

    def intend(self, night: Night, row: Service) -> Touched:
        """Cancelled by its limit."""
        words = _("Renewed %(count)s times, as often as its product allows") % {"count": row.recurring_limit}
        return _touched(row, words)

    def do(self, night: Night, row: Service) -> bool:
        """As CANCELLED, which guide B asks for."""
        record_event("service.limit_reached", now=night.now, actor=ACTOR, service=row)
        _end(night, row, ServiceStatus.CANCELLED)
        return True


class FixedTerms(Sweep[Service]):
    """Services whose days are over, whatever is paid (P7)."""

    code = "fixed_terms"
    label = gettext_lazy("Fixed terms")
    words = gettext_lazy("Ends services whose days are over and sends the termination e-mail of their product.")
    ends_services = True
    client_path = "client_id"

    def candidates(self, night: Night) -> QuerySet[Service]:
        """Everything live whose day has come."""
        return live_services().filter(term_ends_on__lte=night.day)

    def intend(self, night: Night, row: Service) -> Touched:
        """Ends with its term."""
        return _touched(row, _("Its term is over"))

    def do(self, night: Night, row: Service) -> bool:
        """As TERMINATED; the letter goes out with the event."""
        data = {"ended_on": str(row.term_ends_on)}
        event = record_event("service.term_ended", now=night.now, actor=ACTOR, service=row, data=data)
        if row.term_letter:
            notify_letter(event, letter=row.term_letter, client=row.client, now=night.now)
        _end(night, row, ServiceStatus.TERMINATED)
        return True
