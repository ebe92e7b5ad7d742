"""Duties: services that nobody paid are suspended, and go on once nothing is owed for them (whmcs-behaviour §6)."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Exists, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.suspending import Overdue, resume_settled, suspend_overdue
from billing.automation.duty import Intent
from billing.automation.ends import ACTOR, live_services
from billing.automation.night import Night, Touched
from billing.automation.sweeps import RowDuty
from billing.models import Service, ServiceStatus
from billing.queries.suspensions import (
    SUSPENDABLE,
    ends_unpaid_on,
    not_kept,
    overdue_lines,
    suspended_for_nothing,
)


class Suspensions(RowDuty[Service]):
    """Active services whose renewal is overdue by so many days; what ends this very night is not suspended before."""

    code = "suspensions"
    label = gettext_lazy("Suspensions")
    words = gettext_lazy("Suspends services of products without a module whose renewal invoice is overdue.")
    batch_size = 500
    client_path = "client_id"

    def candidates(self, night: Night) -> QuerySet[Service]:
        """None while the setting is off; each with the invoice that is overdue the longest and its due date."""
        settings = night.settings
        if not settings.suspend_days:
            return Service.objects.none()
        overdue = overdue_lines(on=night.day, days=settings.suspend_days)
        active = live_services().filter(SUSPENDABLE, not_kept(on=night.day), status=ServiceStatus.ACTIVE)
        found = active.filter(Exists(overdue)).annotate(
            overdue_invoice=Subquery(overdue.values("invoice")[:1]),
            overdue_since=Subquery(overdue.values("invoice__due_date")[:1]),
        )
        if not settings.terminate_days:
            return found
        return found.filter(~Exists(overdue_lines(on=night.day, days=settings.terminate_days)))

    def intend(self, night: Night, row: Service) -> Touched:
        """Suspended; no money is lost by it."""
        return Touched("service", row.pk, _("Suspended unpaid"))

    def act(self, night: Night, intents: Sequence[Intent[Service]]) -> list[Touched]:
        """All at once."""
        suspend_overdue([_read(intent.deed, night) for intent in intents], actor=ACTOR, now=night.now)
        return [intent.touched for intent in intents]


class Resumptions(RowDuty[Service]):
    """A payment lifts a suspension at once; this finds those whose invoice was cancelled, credited or written off."""

    code = "resumptions"
    label = gettext_lazy("End of suspensions")
    words = gettext_lazy("Lets suspended services go on for which nothing is owed any more.")
    batch_size = 500
    client_path = "client_id"

    def candidates(self, night: Night) -> QuerySet[Service]:
        """Suspended by the night, by no person."""
        return live_services().filter(suspended_for_nothing(on=night.today))

    def intend(self, night: Night, row: Service) -> Touched:
        """Active again."""
        return Touched("service", row.pk, _("Active again"))

    def act(self, night: Night, intents: Sequence[Intent[Service]]) -> list[Touched]:
        """All at once."""
        resume_settled([intent.deed for intent in intents], actor=ACTOR, now=night.now)
        return [intent.touched for intent in intents]


def _read(service: Service, night: Night) -> Overdue:
    """What the query counted for it."""
    since: date = service.overdue_since  # type: ignore[attr-defined]
    invoice_id: int = service.overdue_invoice  # type: ignore[attr-defined]
    return Overdue(service, invoice_id, ends_unpaid_on(since, service.keep_until, night.settings))
