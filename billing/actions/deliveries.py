"""What became of a letter: leased, sent, put off, refused, given up; each attempt is written down."""

import logging
import re
from datetime import datetime, timedelta
from secrets import token_hex
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any, Final

from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction

from billing.actions.bounces import mark_bounced, unmark_bounced
from billing.models import DeliveryOutcome, Email, EmailDelivery, EmailStatus, Event, StoredDocument
from billing.queries.letters import kept_text

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=5)
ATTEMPTS: Final = 8
LONGEST_WAIT: Final = timedelta(hours=6)
# Answers about the conversation or the login: for operators to put right, no matter of the recipient.
_OURS: Final = range(500, 540)
# Enhanced codes of a refusal that say nothing of the address: the system, the protocol, the content, policy.
_NOT_THE_ADDRESS: Final = re.compile(r"\b5\.[3567]\.\d+")


def lease_email(*, now: datetime, email_id: int | None = None) -> Email | None:
    """READY (or a lease that is over) → SENDING: this letter, else the one that is due longest; None if there is none.

    A lease that ended without a report is written down as LOST: its worker may have sent the letter.
    """
    with transaction.atomic():
        due = Email.objects.due(now=now)
        due = due.filter(pk=email_id) if email_id else due.order_by("run_after", "pk")
        can_skip = connection.features.has_select_for_update_skip_locked
        locked = due.select_for_update(of=("self",), no_key=True, skip_locked=can_skip)
        email = locked.select_related("event", "client").first()
        if email is None:
            return None
        if email.status == EmailStatus.SENDING:
            _note(email, DeliveryOutcome.LOST, "", now=now)
        email.status, email.run_after = EmailStatus.SENDING, now + LEASE
        email.token = email.token or token_hex(8)
        email.save(update_fields=["status", "run_after", "token"])
    return email


def drop(email: Email, reason: str) -> None:
    """SENDING → DROPPED: it came too late."""
    _settle(email, status=EmailStatus.DROPPED, error=reason)


def record_sent(
    email: Email, message: EmailMultiAlternatives, document: StoredDocument | None, *, now: datetime
) -> None:
    """SENDING → SENT, with the text unless it holds a secret."""
    with transaction.atomic():
        is_mine = _settle(
            email,
            status=EmailStatus.SENT,
            sent_at=now,
            attempt=email.attempt + 1,
            subject=message.subject[:255],
            body=kept_text(email, str(message.body)),
            document=document,
            attachment=document.name if document else "",
            error="",
        )
        if is_mine:
            _note(email, DeliveryOutcome.SENT, "", now=now)
            unmark_bounced(email)


def record_failure(email: Email, error: Exception, *, subject: str, now: datetime) -> Event | None:
    """SENDING → BOUNCED where the recipient's server refused for good; else READY after a while, FAILED in the end.

    Returns the event that operators are to be told of, if the address of a client turned out not to work. Call it in
    a transaction.
    """
    refusal = find_refusal(error)
    if refusal is None:
        _put_off(email, f"{type(error).__name__}: {error}"[:1000], subject=subject, now=now)
        return None
    code, words = refusal
    said = f"{code} {words}"[:1000]
    values = {"subject": subject[:255], "attempt": email.attempt + 1, "error": said}
    if not _settle(email, status=EmailStatus.BOUNCED, **values):
        return None
    _note(email, DeliveryOutcome.REFUSED, said, now=now)
    return None if _NOT_THE_ADDRESS.search(words) else mark_bounced(email, said, now=now)


def give_up(email: Email, error: Exception, *, now: datetime) -> None:
    """SENDING → FAILED: a letter that cannot be written is a defect of ours, not tried for ever."""
    with transaction.atomic():
        words = type(error).__name__
        if _settle(email, status=EmailStatus.FAILED, attempt=email.attempt + 1, error=words):
            _note(email, DeliveryOutcome.FAILED, words, now=now)


def find_refusal(error: Exception) -> tuple[int, str] | None:
    """Code and words of a refusal for good; None for what may be otherwise the next time."""
    words: bytes | str
    if isinstance(error, SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
    elif isinstance(error, SMTPDataError):
        code, words = error.smtp_code, error.smtp_error
    else:
        return None
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return (code, " ".join(text.split())) if code >= 500 and code not in _OURS else None


def _put_off(email: Email, words: str, *, subject: str, now: datetime) -> None:
    attempt = email.attempt + 1
    is_over = attempt >= ATTEMPTS
    wait = min(timedelta(minutes=2) * 2**attempt, LONGEST_WAIT)
    logger.warning("E-mail %s could not be sent (attempt %s): %s", email.pk, attempt, words.partition(":")[0])
    status = EmailStatus.FAILED if is_over else EmailStatus.READY
    values = {"subject": subject[:255], "attempt": attempt, "error": words}
    if _settle(email, status=status, run_after=now + wait, **values):
        _note(email, DeliveryOutcome.FAILED if is_over else DeliveryOutcome.DELAYED, words, now=now)


def _settle(email: Email, **values: Any) -> bool:
    """False where the lease went to another worker: what that one says counts."""
    leased = Email.objects.filter(pk=email.pk, status=EmailStatus.SENDING, run_after=email.run_after)
    return bool(leased.update(**values))


def _note(email: Email, outcome: DeliveryOutcome, words: str, *, now: datetime) -> None:
    EmailDelivery.objects.create(email=email, at=now, outcome=outcome, token=email.token, words=words)
