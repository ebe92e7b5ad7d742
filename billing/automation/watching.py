"""A night that is not over when it should be: operators are told, once a day."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from billing.actions.events import record_event
from billing.actions.notifications import notify_operators
from billing.automation.nights import SETTLED, prepare_run
from billing.models import AutomationRun, DutyStatus
from billing.queries.billing_settings import read_automation_settings
from billing.queries.clock import business_date


def tell_of_missed_night(*, now: datetime) -> bool:
    """Whether operators were told now that today's night is not done by the hour of the settings.

    Duties that a brake stopped were told of; a portal that never had a night misses none.
    """
    hour, today = read_automation_settings().alert_hour, business_date(now)
    if not hour or timezone.localtime(now).hour < hour:
        return False
    if not AutomationRun.objects.filter(day__lt=today).exclude(started_at=None).exists():
        return False
    with transaction.atomic():
        run = prepare_run(day=today)
        left = run.duties.exclude(status__in=[*SETTLED, DutyStatus.BRAKED])
        if not left.exists():
            return False
        if not AutomationRun.objects.filter(pk=run.pk, missed_at=None).update(missed_at=now):
            return False
        data = {"day": str(today), "duties": list(left.values_list("duty", flat=True)), "started": bool(run.started_at)}
        notify_operators(record_event("automation.missed", now=now, data=data), now=now)
    return True
