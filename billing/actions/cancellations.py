"""Cancellation requests (O5, whmcs-behaviour §3.3): a client stops a service now, or at the end of what was paid."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.actions.ending import end_whole
from billing.actions.events import record_event
from billing.actions.locking import lock_client
from billing.actions.notifications import notify_client, notify_operators
from billing.actions.unpaid_invoices import drop_unpaid_lines
from billing.models import (
    LIVE_STATUSES,
    CancellationRequest,
    CancellationStatus,
    CancellationType,
    Operation,
    Service,
    ServiceStatus,
)
from billing.queries.billing_settings import read_automation_settings

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


def withdraw_cancellation(
    *, wish: CancellationRequest, actor: str, now: datetime, is_client_told: bool = False
) -> None:
    """OPEN → WITHDRAWN: the service goes on. `is_client_told`: staff took it back. Raises CancellationRefused."""
    with transaction.atomic():
        if not _settle(wish, CancellationStatus.WITHDRAWN, now=now):
            raise CancellationRefused(_("This request is settled already."))
        event = record_event("cancellation.withdrawn", now=now, actor=actor, service=wish.service)
        if is_client_told:
            notify_client(event, client=wish.service.client, now=now)


def carry_out(*, wish: CancellationRequest, now: datetime, actor: str = "", voids_invoices: bool = False) -> bool:
    """OPEN → DONE: ends the service as CANCELLED; False if it was settled meanwhile. Call it in a transaction.

    `voids_invoices`: what is still to be paid for it is taken back.
    """
    if not _settle(wish, CancellationStatus.DONE, now=now):
        return False
    end_whole(service=wish.service, status=ServiceStatus.CANCELLED, now=now, actor=actor or wish.requested_by)
    if voids_invoices:
        drop_unpaid_lines(service=wish.service, now=now, actor=actor)
    return True


def carry_out_now(*, wish: CancellationRequest, actor: str, now: datetime) -> None:
    """An operator's word: OPEN → DONE today, whatever is paid; invoices as the settings of the night have it.

    Raises CancellationRefused.
    """
    voids_invoices = read_automation_settings().voids_invoices_of_cancelled
    with transaction.atomic():
        lock_client(wish.service.client_id)
        if not carry_out(wish=wish, now=now, actor=actor, voids_invoices=voids_invoices):
            raise CancellationRefused(_("This request is settled already."))
        record_event("cancellation.carried_out", now=now, actor=actor, service=wish.service)


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
