"""Letters: written as rows with the fact they tell of, sent by a worker, each once per event and recipient."""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from billing.actions.attachments import DocumentAwaited, find_attachment, put_off_for_document
from billing.actions.awaited_fields import waits_for_fields
from billing.letters.composing import compose
from billing.models import Client, Email, EmailStatus, Event, StoredDocument
from billing.queries.letters import is_outdated
from billing.wakeups import wake_email

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
ATTEMPTS = 8
LONGEST_WAIT = timedelta(hours=6)


def notify_client(event: Event, *, client: Client, now: datetime, letter: str = "") -> None:
    """A letter about `event` in the client's language; its templates are named like `letter`, else like the event."""
    name = letter or event.name
    _write(event, recipient=client.email, language=client.language, letter=name, client=client, now=now)


def notify_letter(event: Event, *, letter: str, client: Client, now: datetime) -> None:
    """A letter of another name than its event: which one an operator chose."""
    _write(event, recipient=client.email, language=client.language, letter=letter, client=client, now=now)


def notify_operators(event: Event, *, now: datetime) -> None:
    """A letter to everyone in OPERATOR_EMAILS."""
    for recipient in settings.OPERATOR_EMAILS:
        _write(
            event,
            recipient=recipient,
            language=settings.LANGUAGE_CODE,
            letter=f"operator.{event.name}",
            client=None,
            now=now,
        )


def _write(event: Event, *, recipient: str, language: str, letter: str, client: Client | None, now: datetime) -> None:
    email, is_new = Email.objects.get_or_create(
        event=event,
        letter=letter,
        recipient=recipient,
        defaults={"client": client, "language": language, "run_after": now},
    )
    if is_new:
        wake_email(email.pk)


def send_email(*, email_id: int, now: datetime) -> None:
    """Leases the letter, sends it, records the outcome. A second delivery of the wake-up does nothing.

    A letter about a document waits for its PDF file; one that asks for money which came meanwhile is not sent.

    A worker that dies between the mail server's "250" and our record sends the letter again once the lease is over:
    a letter twice is better than none.
    """
    leased = Email.objects.due(now=now).filter(pk=email_id)
    if not leased.update(status=EmailStatus.SENDING, run_after=now + LEASE):
        return
    email = Email.objects.select_related("event", "client").get(pk=email_id)
    if is_outdated(email):
        Email.objects.filter(pk=email.pk).update(status=EmailStatus.DROPPED, error="")
        return
    if waits_for_fields(email, tell=notify_operators, now=now):
        return
    try:
        document = find_attachment(email, now=now)
        message = _compose(email, document)
        message.send()
    except DocumentAwaited as waiting:
        put_off_for_document(email, waiting.document, now=now)
        return
    except (OSError, SMTPException) as error:
        _put_off(email, error, now=now)
        return
    except Exception as error:
        # A letter that cannot be written is a defect of ours: seen as FAILED, not tried for ever.
        logger.exception("E-mail %s cannot be written", email.pk)
        _give_up(email, error)
        return
    Email.objects.filter(pk=email.pk).update(
        status=EmailStatus.SENT,
        sent_at=now,
        attempt=email.attempt + 1,
        subject=message.subject,
        document=document,
        attachment=document.name if document else "",
        error="",
    )


def _compose(email: Email, document: StoredDocument | None) -> EmailMultiAlternatives:
    letter = compose(email, has_attachment=document is not None)
    message = EmailMultiAlternatives(letter.subject, letter.text, to=[email.recipient], bcc=letter.copies)
    message.attach_alternative(letter.html, "text/html")
    if document is not None:
        message.attach(document.name, bytes(document.content or b""), "application/pdf")
    return message


def _give_up(email: Email, error: Exception) -> None:
    Email.objects.filter(pk=email.pk).update(
        status=EmailStatus.FAILED, attempt=email.attempt + 1, error=type(error).__name__
    )


def _put_off(email: Email, error: Exception, *, now: datetime) -> None:
    attempt = email.attempt + 1
    wait = min(timedelta(minutes=2) * 2**attempt, LONGEST_WAIT)
    status = EmailStatus.FAILED if attempt >= ATTEMPTS else EmailStatus.READY
    logger.warning("E-mail %s could not be sent (attempt %s): %s", email.pk, attempt, type(error).__name__)
    Email.objects.filter(pk=email.pk).update(
        status=status, attempt=attempt, run_after=now + wait, error=f"{type(error).__name__}: {error}"[:1000]
    )
