"""What beat asks for: the minute's sweep and the nightly duties, each safe to run twice and in two workers at once."""

from datetime import datetime

from billing.actions.documents import prune_documents, wake_due_documents
from billing.actions.provisioning import drop_expired_pool, free_expired_leases, release_ready, wake_due_operations
from billing.actions.renewals import issue_renewals, judge_cover
from billing.models import Email
from billing.queries.clock import business_date
from billing.wakeups import wake_email

LETTERS_AT_ONCE = 500


def wake_everything_due(*, now: datetime) -> None:
    """Frees expired leases, lets go what may go, wakes what is due: losing the broker loses nothing."""
    free_expired_leases(now=now)
    release_ready(now=now)
    wake_due_operations(now=now)
    for email_id in Email.objects.due(now=now).order_by("id").values_list("pk", flat=True)[:LETTERS_AT_ONCE]:
        wake_email(email_id)
    wake_due_documents(now=now)


def run_nightly(*, now: datetime) -> None:
    """Renewal invoices of the business day, renewals that what was paid asks for; pool and documents cleaned up."""
    issue_renewals(on=business_date(now), now=now)
    judge_cover(now=now)
    drop_expired_pool(now=now)
    prune_documents(now=now)
