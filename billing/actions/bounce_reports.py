"""Letters that come back by mail: what the server's report (RFC 3464) says, and of which letter."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from typing import Final

from django.db import transaction

from billing.actions.bounces import mark_bounced
from billing.actions.letter_headers import MESSAGE_ID
from billing.actions.notifications import notify_operators
from billing.models import DeliveryOutcome, Email, EmailDelivery, EmailStatus

_FOR_GOOD: Final = re.compile(r"^5\.")
_NOT_THE_ADDRESS: Final = re.compile(r"^5\.[3567]\.")


@dataclass(frozen=True, slots=True)
class Report:
    """A report that a letter of ours could not be delivered."""

    email_id: int
    token: str
    status: str
    words: str


def take_report(message: Message, *, now: datetime) -> bool:
    """SENT → BOUNCED for the letter that a delivery report (RFC 3464) speaks of; whether it was one of ours.

    Reports of delays, of success, and of letters that are not ours change nothing. The same report twice is one.
    """
    report = read_report(message)
    if report is None:
        return False
    with transaction.atomic():
        email = (
            Email.objects.select_for_update(of=("self",), no_key=True)
            .select_related("client")
            .filter(pk=report.email_id)
            .first()
        )
        if email is None or not _is_of(email, report.token):
            return False
        if email.deliveries.filter(outcome=DeliveryOutcome.BOUNCED, token=report.token).exists():
            return True
        said = f"{report.status} {report.words}".strip()[:1000]
        EmailDelivery.objects.create(
            email=email, at=now, outcome=DeliveryOutcome.BOUNCED, token=report.token, words=said
        )
        if email.token == report.token:
            Email.objects.filter(pk=email.pk).update(status=EmailStatus.BOUNCED, error=said)
        event = None if _NOT_THE_ADDRESS.match(report.status) else mark_bounced(email, said, now=now)
        if event is not None:
            notify_operators(event, now=now)
    return True


def _is_of(email: Email, token: str) -> bool:
    return bool(token) and (email.token == token or email.deliveries.filter(token=token).exists())


def read_report(message: Message) -> Report | None:
    """What the message says if it reports for good that a letter of ours did not arrive; None for any other."""
    fields = next((fields for fields in _recipients_of(message) if _says_failed(fields)), None)
    found = MESSAGE_ID.search(_original_headers(message))
    if fields is None or found is None:
        return None
    words = str(fields.get("Diagnostic-Code") or "").partition(";")[2] or str(fields.get("Diagnostic-Code") or "")
    status = str(fields.get("Status") or "").strip().split(" ")[0]
    return Report(int(found[1]), found[2], status, " ".join(words.split()))


def _says_failed(fields: Message) -> bool:
    is_failed = str(fields.get("Action") or "").strip().lower() == "failed"
    return is_failed and bool(_FOR_GOOD.match(str(fields.get("Status") or "").strip()))


def _recipients_of(message: Message) -> Iterator[Message]:
    """The groups of fields about recipients in the part of type message/delivery-status."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            payload = part.get_payload()
            yield from (
                [fields for fields in payload if isinstance(fields, Message)] if isinstance(payload, list) else []
            )


def _original_headers(message: Message) -> str:
    """The Message-IDs in what came back of the letter itself: whole, or its headers alone."""
    found = []
    for part in message.walk():
        if part.get_content_type() == "text/rfc822-headers":
            found.append(str(part.get_payload()))
        elif part is not message and part.get("Message-ID"):
            found.append(str(part["Message-ID"]))
    return " ".join(found)
