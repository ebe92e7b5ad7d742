"""Duty: what the night did, told to operators in one letter."""

from datetime import datetime, time

from django.utils import timezone
from django.utils.translation import gettext_lazy

from billing.actions.events import record_event
from billing.actions.notifications import notify_operators
from billing.automation.chores import Chore
from billing.automation.night import Night, Touched
from billing.models import DutyRun


class Digest(Chore):
    """The last duty: counts and amounts of the others, those of days that were caught up included."""

    code = "digest"
    label = gettext_lazy("Digest")
    words = gettext_lazy("Tells operators what the night did.")

    def perform(self, night: Night) -> list[Touched]:
        """One letter, with the newest day only: earlier ones are in it."""
        if night.day < night.today:
            return []
        since = timezone.make_aware(datetime.combine(night.today, time.min))
        rows = DutyRun.objects.filter(started_at__gte=since).exclude(duty=self.code).select_related("run")
        duties = [
            {
                "day": str(row.run.day),
                "duty": row.duty,
                "status": row.status,
                "count": row.done_count,
                "failed": row.failed_count,
                "amounts": row.done_amounts,
                "brake": row.brake,
            }
            for row in rows.order_by("run__day", "position")
        ]
        event = record_event("automation.finished", now=night.now, data={"day": str(night.day), "duties": duties})
        notify_operators(event, now=night.now)
        return []
