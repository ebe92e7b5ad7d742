"""Letters sent once more by an operator's word: the same row, a new Message-ID, so that receivers take it."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.models import RESENDABLE_STATUSES, Email, EmailStatus
from billing.wakeups import wake_email


class EmailNotResendable(Exception):
    """The letter is on its way, or was not to be sent."""


def resend_email(*, email: Email, actor: str, now: datetime) -> None:
    """SENT, BOUNCED or FAILED → READY. It is written anew from what is true now. Raises EmailNotResendable."""
    with transaction.atomic():
        if not _make_ready([email.pk], RESENDABLE_STATUSES, now=now):
            raise EmailNotResendable(_("This letter is on its way, or was not to be sent."))
        data = {"number": email.pk, "to": email.recipient}
        record_event("email.sent_again", now=now, actor=actor, client=email.client, data=data)
        wake_email(email.pk)


def resend_undelivered(*, emails: Collection[int], actor: str, now: datetime) -> int:
    """Those of these letters that are FAILED or BOUNCED → READY; the minute's sweep wakes them. Returns how many."""
    with transaction.atomic():
        count = _make_ready(emails, (EmailStatus.FAILED, EmailStatus.BOUNCED), now=now)
        if count:
            record_event("email.sent_again", now=now, actor=actor, data={"count": count})
    return count


def _make_ready(emails: Collection[int], statuses: Collection[EmailStatus], *, now: datetime) -> int:
    found = Email.objects.filter(pk__in=emails, status__in=statuses)
    return found.update(
        status=EmailStatus.READY, token="", attempt=0, run_after=now, error="", resend_count=F("resend_count") + 1
    )
