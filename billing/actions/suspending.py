"""ACTIVE ⇄ SUSPENDED, here and nowhere else: for want of payment by the night, by staff for a reason of theirs.

Renewal invoices go on meanwhile, and the days of a suspension are not given back (whmcs-behaviour §3.1).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.bulk_letters import tell_of_services
from billing.actions.events import record_event
from billing.actions.notifications import notify_client
from billing.models import Service, ServiceStatus, SuspensionCause
from billing.queries.clock import business_date
from billing.queries.suspensions import suspended_for_nothing, why_not_suspend, why_not_unsuspend

MOST_REASON = 255
_NOTHING: Mapping[str, Any] = {"suspension_cause": "", "suspension_reason": "", "suspended_at": None}


class SuspensionRefused(Exception):
    """The service cannot be suspended, or cannot go on; the text says why."""


class SuspensionInvalid(Exception):
    """What came with it is wrong; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


class Overdue(NamedTuple):
    """A service to suspend (its client loaded), the invoice that is overdue, and when the service ends unpaid."""

    service: Service
    invoice_id: int
    ends_on: date | None


def suspend_service(*, service: Service, reason: str, actor: str, now: datetime) -> Service:
    """ACTIVE → SUSPENDED by hand: no payment lifts it. The client reads the reason.

    Raises SuspensionInvalid without a reason, SuspensionRefused.
    """
    if not reason.strip() or len(reason.strip()) > MOST_REASON:
        raise SuspensionInvalid({"reason": [_("Say why, in at most %(count)s characters.") % {"count": MOST_REASON}]})
    with transaction.atomic():
        locked = _lock(service)
        refusal = why_not_suspend(locked)
        if refusal:
            raise SuspensionRefused(refusal)
        locked.status, locked.suspended_at = ServiceStatus.SUSPENDED, now
        locked.suspension_cause, locked.suspension_reason = SuspensionCause.BY_HAND, reason.strip()
        locked.save(update_fields=["status", *_NOTHING])
        data = {"cause": locked.suspension_cause, "reason": locked.suspension_reason}
        event = record_event("service.suspended", now=now, actor=actor, service=locked, data=data)
        notify_client(event, client=locked.client, now=now)
    return locked


def unsuspend_service(*, service: Service, actor: str, now: datetime, keep_until: date | None = None) -> Service:
    """SUSPENDED → ACTIVE, whatever the cause. What is still unpaid is suspended again by the next night.

    `keep_until`: unless it is left alone until that day. Raises SuspensionRefused, SuspensionInvalid.
    """
    _check_day(keep_until, now=now)
    with transaction.atomic():
        locked = _lock(service)
        refusal = why_not_unsuspend(locked)
        if refusal:
            raise SuspensionRefused(refusal)
        if keep_until is not None:
            _keep(locked, keep_until, actor=actor, now=now)
        _resume(locked, actor=actor, now=now)
    return locked


def keep_service(*, service: Service, until: date | None, actor: str, now: datetime) -> Service:
    """Leaves it alone until that day though it is unpaid: neither suspended nor ended. None takes that back.

    Raises SuspensionRefused for what has ended, SuspensionInvalid for a day that is over.
    """
    _check_day(until, now=now)
    with transaction.atomic():
        locked = _lock(service)
        if locked.is_ended:
            raise SuspensionRefused(_("The service has ended."))
        _keep(locked, until, actor=actor, now=now)
    return locked


def suspend_overdue(overdue: Sequence[Overdue], *, actor: str, now: datetime) -> None:
    """ACTIVE → SUSPENDED for want of payment, all at once. They are locked, and were judged under the lock."""
    Service.objects.filter(pk__in=[one.service.pk for one in overdue], status=ServiceStatus.ACTIVE).update(
        status=ServiceStatus.SUSPENDED, suspension_cause=SuspensionCause.OVERDUE, suspended_at=now
    )
    told = [
        (one.service, one.invoice_id, {"cause": SuspensionCause.OVERDUE.value, "until": str(one.ends_on or "")})
        for one in overdue
    ]
    tell_of_services("service.suspended", told, actor=actor, now=now)


def resume_settled(services: Sequence[Service], *, actor: str, now: datetime) -> None:
    """SUSPENDED → ACTIVE, all at once: nothing is owed for them any more. They are locked, their clients loaded."""
    Service.objects.filter(pk__in=[one.pk for one in services], status=ServiceStatus.SUSPENDED).update(
        status=ServiceStatus.ACTIVE, **_NOTHING
    )
    tell_of_services("service.unsuspended", [(one, None, {}) for one in services], actor=actor, now=now)


def resume_paid(*, service: Service, actor: str, now: datetime) -> None:
    """After a payment: the locked service goes on if it was suspended for want of it and nothing else is overdue."""
    if service.suspension_cause != SuspensionCause.OVERDUE:
        return
    if Service.objects.filter(suspended_for_nothing(on=business_date(now)), pk=service.pk).exists():
        _resume(service, actor=actor, now=now)


def _resume(service: Service, *, actor: str, now: datetime) -> None:
    service.status = ServiceStatus.ACTIVE
    for name, value in _NOTHING.items():
        setattr(service, name, value)
    service.save(update_fields=["status", *_NOTHING])
    event = record_event("service.unsuspended", now=now, actor=actor, service=service)
    notify_client(event, client=service.client, now=now)


def _keep(service: Service, until: date | None, *, actor: str, now: datetime) -> None:
    service.keep_until = until
    service.save(update_fields=["keep_until"])
    record_event("service.kept", now=now, actor=actor, service=service, data={"until": str(until or "")})


def _check_day(day: date | None, *, now: datetime) -> None:
    if day is not None and day <= business_date(now):
        raise SuspensionInvalid({"keep_until": [_("Name a day after today.")]})


def _lock(service: Service) -> Service:
    rows = Service.objects.select_for_update(of=("self",), no_key=True).select_related("client", "product")
    return rows.get(pk=service.pk)
