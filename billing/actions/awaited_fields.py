"""A welcome letter that names a key waits until the key is there: for a day at most, then operators are told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from django.db import transaction

from billing.actions.events import record_event
from billing.letters.awaiting import find_empty_fields
from billing.letters.source import LetterUnknown
from billing.letters.syntax import TemplateInvalid
from billing.models import Email, EmailStatus, Event

# Counted from the event.
PATIENCE: Final = timedelta(hours=24)
SOONEST: Final = timedelta(seconds=15)
LATEST: Final = timedelta(minutes=10)
EVENT: Final = "letter.incomplete"


class Tell(Protocol):
    """How operators are told of an event."""

    def __call__(self, event: Event, *, now: datetime) -> None: ...


def waits_for_fields(email: Email, *, tell: Tell, now: datetime) -> bool:
    """True for a leased letter that has been put back, SENDING → READY, to be tried a little later; no attempt counts.

    It waits a quarter as long as it has waited already: a key is usually there within seconds.
    """
    try:
        missing = find_empty_fields(email)
    except (LetterUnknown, TemplateInvalid):
        # Composing it fails in the same way, and is recorded there.
        return False
    if not missing:
        return False
    waited = now - email.event.at
    if waited >= PATIENCE:
        _record_incomplete(email, missing, tell=tell, now=now)
        return False
    run_after = now + min(max(waited / 4, SOONEST), LATEST)
    Email.objects.filter(pk=email.pk).update(status=EmailStatus.READY, run_after=run_after)
    return True


def _record_incomplete(email: Email, missing: Sequence[str], *, tell: Tell, now: datetime) -> None:
    """Once for each letter, however often it is tried."""
    with transaction.atomic():
        locked = Email.objects.select_for_update().get(pk=email.pk)
        service = email.event.service
        if Event.objects.filter(name=EVENT, service=service, data__email=locked.pk).exists():
            return
        data = {"email": locked.pk, "letter": locked.letter, "fields": list(missing)}
        tell(record_event(EVENT, now=now, service=service, data=data), now=now)
