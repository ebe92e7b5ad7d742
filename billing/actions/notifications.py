"""Letters: written as rows with the fact they tell of, sent by a worker, each once per event and recipient."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from billing.actions.alerting import raise_alert
from billing.actions.attachments import DocumentAwaited, find_attachment, put_off_for_document
from billing.actions.awaited_fields import waits_for_fields
from billing.actions.deliveries import drop, find_refusal, give_up, lease_email, record_failure, record_sent
from billing.actions.letter_headers import put_headers
from billing.actions.mail_connections import mail_connection
from billing.letters.composing import compose
from billing.models import Client, Email, EmailStatus, Event, StoredDocument, User
from billing.queries.letter_kinds import NEWS, NOT_WANTED, is_wanted, recipients_of
from billing.queries.letters import OUTDATED, SWITCHED_OFF, is_outdated, is_switched_off
from billing.wakeups import wake_email

logger = logging.getLogger(__name__)

# What one worker sends over one connection; mail servers end long ones.
LETTERS_A_CONNECTION: Final = 50
LONGEST_TURN: Final = timedelta(minutes=1)
_ONE_LETTER: Final = ["event", "letter", "recipient"]


def notify_client(event: Event, *, client: Client, now: datetime, letter: str = "") -> None:
    """A letter about `event` in the client's language; its templates are named like `letter`, else like the event.

    One that the client does not want is written as not sent. Letters about invoices go to the client's accountant too.
    """
    name = letter or event.name
    for recipient in recipients_of(client, name):
        _write(event, recipient=recipient, language=client.language, letter=name, client=client, now=now)


def notify_letter(event: Event, *, letter: str, client: Client, now: datetime) -> None:
    """A letter of another name than its event: which one an operator chose."""
    notify_client(event, client=client, now=now, letter=letter)


def notify_user(event: Event, *, user: User, now: datetime) -> None:
    """A letter about a login, named like its event, to whoever has it: staff too."""
    client = Client.objects.filter(memberships__user=user, email__iexact=user.email).first()
    _write(event, recipient=user.email, language=user.language, letter=event.name, client=client, now=now)


def notify_operators(event: Event, *, now: datetime) -> None:
    """A letter to everyone in OPERATOR_EMAILS, and an alert to every channel that wants one of that kind."""
    for recipient in settings.OPERATOR_EMAILS:
        _write(
            event,
            recipient=recipient,
            language=settings.LANGUAGE_CODE,
            letter=f"operator.{event.name}",
            client=None,
            now=now,
        )
    raise_alert(event, now=now)


def _write(event: Event, *, recipient: str, language: str, letter: str, client: Client | None, now: datetime) -> None:
    is_unwanted = client is not None and not is_wanted(client, letter)
    state = {"status": EmailStatus.DROPPED, "error": NOT_WANTED} if is_unwanted else {}
    email = Email(
        event=event, letter=letter, recipient=recipient, client=client, language=language, run_after=now, **state
    )
    # One statement, where looking for it first takes four; of what is there already nothing changes.
    Email.objects.bulk_create([email], update_conflicts=True, unique_fields=_ONE_LETTER, update_fields=["letter"])
    if not is_unwanted:
        wake_email(email.pk)


def send_due_emails(*, email_id: int, clock: Callable[[], datetime]) -> None:
    """Sends this letter, then others that are due, over one connection to the mail server.

    Ends with the first letter that the connection failed for: those after it would only wait for the same.
    """
    started = clock()
    with mail_connection() as connection:
        email = lease_email(email_id=email_id, now=started)
        for turn in range(1, LETTERS_A_CONNECTION + 1):
            if email is None or not _send_leased(email, connection=connection, now=clock()):
                return
            # Nothing is leased that this turn would not send.
            if turn == LETTERS_A_CONNECTION or clock() > started + LONGEST_TURN:
                return
            email = lease_email(now=clock())


def send_email(*, email_id: int, now: datetime) -> None:
    """Leases the letter, sends it, records the outcome. A second delivery of the wake-up does nothing."""
    email = lease_email(email_id=email_id, now=now)
    if email is not None:
        with mail_connection() as connection:
            _send_leased(email, connection=connection, now=now)


def _send_leased(email: Email, *, connection: BaseEmailBackend, now: datetime) -> bool:
    """Whether the connection is worth another letter.

    A letter about a document waits for its PDF file; one that asks for money which came meanwhile is not sent.

    A worker that dies between the mail server's "250" and our record sends the letter again once the lease is over,
    with the same Message-ID: a letter twice is better than none.
    """
    reason = _reason_to_drop(email)
    if reason:
        drop(email, reason)
        return True
    if waits_for_fields(email, tell=notify_operators, now=now):
        return True
    subject = email.subject
    try:
        document = find_attachment(email, now=now)
        message = _compose(email, document)
        subject = str(message.subject)
        put_headers(message, email)
        connection.open()
        connection.send_messages([message])
    except DocumentAwaited as waiting:
        put_off_for_document(email, waiting.document, now=now)
        return True
    except OSError as error:
        # Those of smtplib are among them.
        with transaction.atomic():
            event = record_failure(email, error, subject=subject, now=now)
            if event is not None:
                notify_operators(event, now=now)
        return find_refusal(error) is not None
    except Exception as error:
        logger.exception("E-mail %s cannot be written", email.pk)
        give_up(email, error, now=now)
        return True
    record_sent(email, message, document, now=now)
    return True


def _reason_to_drop(email: Email) -> str:
    """What came between writing and sending; "" for a letter that is still to go out."""
    if email.letter == NEWS and email.client is not None and not email.client.is_subscribed:
        return NOT_WANTED
    if is_outdated(email):
        return OUTDATED
    return SWITCHED_OFF if is_switched_off(email) else ""


def _compose(email: Email, document: StoredDocument | None) -> EmailMultiAlternatives:
    letter = compose(email, has_attachment=document is not None)
    message = EmailMultiAlternatives(letter.subject, letter.text, to=[email.recipient], bcc=letter.copies)
    message.attach_alternative(letter.html, "text/html")
    if document is not None:
        message.attach(document.name, bytes(document.content or b""), "application/pdf")
    return message
