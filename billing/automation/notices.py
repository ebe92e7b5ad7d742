"""Duty: reminders before the due date and overdue notices after it, each once (whmcs-behaviour §4.10)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import ClassVar, NamedTuple

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from billing.actions.bulk_letters import tell_clients
from billing.automation.duty import Batch, Duty, Intent
from billing.automation.night import Night, Touched
from billing.models import AutomationSettings, Event, Invoice, InvoiceStatus


class Stage(NamedTuple):
    """A letter that an unpaid invoice causes `days` after its due date (before it: negative)."""

    event: str
    days: int
    label: str | Promise


# In their order in time; the events are named like their letters.
_STAGES: tuple[tuple[str, str, str | Promise], ...] = (
    ("invoice.reminder", "reminder_days", gettext_lazy("Reminder")),
    ("invoice.overdue_first", "first_overdue_days", gettext_lazy("First overdue notice")),
    ("invoice.overdue_second", "second_overdue_days", gettext_lazy("Second overdue notice")),
    ("invoice.overdue_third", "third_overdue_days", gettext_lazy("Third overdue notice")),
)


def stages_of(settings: AutomationSettings) -> list[Stage]:
    """The notices that are switched on, in the order of their days."""
    found = []
    for event, setting, label in _STAGES:
        days = getattr(settings, setting)
        if days:
            found.append(Stage(event, -days if setting == "reminder_days" else days, label))
    return found


class Notices(Duty[Invoice, Invoice]):
    """Each unpaid invoice gets the newest notice that is due for it; one that was missed is not sent late.

    A reminder makes no sense for an invoice that was issued when it would have been due.
    """

    code = "notices"
    label = gettext_lazy("Reminders and overdue notices")
    words = gettext_lazy("Writes to clients about invoices that fall due soon or are overdue.")
    object_type: ClassVar[str] = "invoice"

    def find(self, night: Night, *, after: int, limit: int, is_locked: bool) -> Batch[Invoice] | None:
        """Unpaid invoices for which a stage has come that neither it nor a later one was told of.

        Batches are of clients, so that one who has many gets one letter.
        """
        stages = stages_of(night.settings)
        if not stages:
            return None
        due = self._due(stages, on=night.today)
        later = due.filter(client_id__gt=after).order_by("client_id")
        client_ids = list(later.values_list("client_id", flat=True).distinct()[:limit])
        if not client_ids:
            return None
        found = due.filter(client_id__in=client_ids).order_by("pk")
        if is_locked:
            found = found.select_for_update(of=("self",), no_key=True)
        return Batch(list(found.select_related("client")), client_ids[-1])

    def judge(self, night: Night, rows: Sequence[Invoice]) -> list[Intent[Invoice]]:
        """The stage of each; clients who want no overdue notices get reminders only."""
        stages = stages_of(night.settings)
        intents = []
        for invoice in rows:
            stage = stage_of(invoice, stages, on=night.today)
            if stage is None or (stage.days > 0 and not invoice.client.gets_overdue_notices):
                continue
            touched = Touched("invoice", invoice.pk, stage.event, invoice.balance, invoice.currency_id)
            intents.append(Intent(invoice, touched))
        return intents

    def act(self, night: Night, intents: Sequence[Intent[Invoice]]) -> list[Touched]:
        """An event and a letter each, as rows; workers send them."""
        by_event: dict[str, list[Invoice]] = {}
        for intent in intents:
            by_event.setdefault(intent.touched.outcome, []).append(intent.deed)
        for event, invoices in by_event.items():
            tell_clients(event, invoices, now=night.now)
        return [intent.touched for intent in intents]

    def _due(self, stages: Sequence[Stage], *, on: date) -> QuerySet[Invoice]:
        """For each stage those whose days have come and that were not told of it or of a later one."""
        found = Invoice.objects.none()
        unpaid = Invoice.objects.filter(status=InvoiceStatus.UNPAID)
        for place, stage in enumerate(stages):
            due = unpaid.filter(due_date__lte=on - timedelta(days=stage.days))
            if place + 1 < len(stages):
                due = due.filter(due_date__gt=on - timedelta(days=stages[place + 1].days))
            if stage.days < 0:
                due = due.filter(issue_date__lt=F("due_date") + timedelta(days=stage.days))
            told = Event.objects.filter(invoice=OuterRef("pk"), name__in=[one.event for one in stages[place:]])
            found = found | due.filter(~Exists(told))
        return found


def stage_of(invoice: Invoice, stages: Sequence[Stage], *, on: date) -> Stage | None:
    """The newest stage whose day has come; None before the first."""
    days = (on - invoice.due_date).days
    return next((stage for stage in reversed(stages) if days >= stage.days), None)
