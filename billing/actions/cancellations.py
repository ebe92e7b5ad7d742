"""Cancellation requests (O5, whmcs-behaviour §3.3): a client stops a service now, or at the end of what was paid."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.actions.ending import end_whole
from billing.actions.events import record_event
from billing.actions.notifications import notify_client, notify_operators
from billing.models import (
    LIVE_STATUSES,
    CancellationRequest,
    CancellationStatus,
    CancellationType,
    Operation,
    Service,
    ServiceStatus,
)

MOST_REASON = 2000


class CancellationRefused(Exception):
    """The service cannot be stopped so; the text says why."""


def request_cancellation(
    *, service: Service, type: CancellationType, reason: str, actor: str, now: datetime
) -> CancellationRequest:
    """Keeps the wish. IMMEDIATE ends the service at once, END_OF_PERIOD with the night that the paid period ends.

    Client and operators are told. Raises CancellationRefused: not live, being ended, or asked for already.
    """
    try:
        with transaction.atomic():
            locked = Service.objects.select_for_update().get(pk=service.pk)
            _check(locked, type)
            wish = CancellationRequest.objects.create(
                service=locked, type=type, reason=reason.strip()[:MOST_REASON], requested_by=actor, requested_at=now
            )
            event = record_event(
                "cancellation.requested",
                now=now,
                actor=actor,
                service=locked,
                data={"type": type, "reason": wish.reason, "until": str(paid_period_end(locked) or "")},
            )
            notify_client(event, client=locked.client, now=now)
            notify_operators(event, now=now)
            if type == CancellationType.IMMEDIATE:
                carry_out(wish=wish, now=now, actor=actor)
    except IntegrityError as error:
        raise CancellationRefused(_("This was asked for already.")) from error
    return wish


def withdraw_cancellation(*, wish: CancellationRequest, actor: str, now: datetime) -> None:
    """OPEN → WITHDRAWN: the service goes on. Raises CancellationRefused."""
    with transaction.atomic():
        if not _settle(wish, CancellationStatus.WITHDRAWN, now=now):
            raise CancellationRefused(_("This request is settled already."))
        record_event("cancellation.withdrawn", now=now, actor=actor, service=wish.service)


def carry_out(*, wish: CancellationRequest, now: datetime, actor: str = "") -> bool:
    """OPEN → DONE: ends the service as CANCELLED; False if it was settled meanwhile. Call it in a transaction."""
    if not _settle(wish, CancellationStatus.DONE, now=now):
        return False
    end_whole(service=wish.service, status=ServiceStatus.CANCELLED, now=now, actor=actor or wish.requested_by)
    return True


def paid_period_end(service: Service) -> date | None:
    """The day on which what was paid is over; None for what was paid once."""
    return service.paid_until or service.next_due_date


def _check(service: Service, type: CancellationType) -> None:
    if service.status not in LIVE_STATUSES:
        words = _("The service has ended.") if service.is_ended else _("It has not been created yet.")
        raise CancellationRefused(words)
    if Operation.objects.unsettled().filter(service=service, kind="TERMINATE").exists():
        raise CancellationRefused(_("It is being ended already."))
    if type == CancellationType.END_OF_PERIOD and paid_period_end(service) is None:
        raise CancellationRefused(_("It was paid once and has no period that could end: stop it now."))


def _settle(wish: CancellationRequest, status: CancellationStatus, *, now: datetime) -> bool:
    opened = CancellationRequest.objects.filter(pk=wish.pk, status=CancellationStatus.OPEN)
    return bool(opened.update(status=status, settled_at=now))
