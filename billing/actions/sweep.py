"""What beat asks for each minute; safe to run twice and in two workers at once."""

from datetime import datetime

from billing.actions.alert_deliveries import wake_due_alerts
from billing.actions.auditing import wake_due_audits
from billing.actions.documents import wake_due_documents
from billing.actions.gateways.notices import wake_due_events
from billing.actions.gateways.refunding import wake_due_refunds
from billing.actions.gateways.tending import wake_due_attempts
from billing.actions.provisioning import free_expired_leases, release_ready, wake_due_operations
from billing.models import Email
from billing.wakeups import wake_email

LETTERS_AT_ONCE = 500


def wake_everything_due(*, now: datetime) -> None:
    """Frees expired leases, lets go what may go, wakes what is due: losing the broker loses nothing."""
    free_expired_leases(now=now)
    release_ready(now=now)
    wake_due_operations(now=now)
    for email_id in (
        Email.objects.due(now=now).order_by("run_after", "id").values_list("pk", flat=True)[:LETTERS_AT_ONCE]
    ):
        wake_email(email_id)
    wake_due_alerts(now=now)
    wake_due_documents(now=now)
    wake_due_attempts(now=now)
    wake_due_events(now=now)
    wake_due_refunds(now=now)
    wake_due_audits(now=now)
