"""What operators decide about payments that need a person, and about notifications that were not processed."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.gateways.settling import lock_attempt
from billing.actions.payments import record_payment
from billing.models import AttemptStatus, GatewayEvent, GatewayEventStatus, PaymentAttempt
from billing.wakeups import wake_gateway_event, wake_payment_attempt


class AttemptNotOpen(Exception):
    """The attempt needs nobody any more."""


def accept_attempt(
    *, attempt: PaymentAttempt, reference: str, amount: Decimal, actor: str, now: datetime
) -> PaymentAttempt:
    """NEEDS_CHECK → SUCCEEDED: the money that an operator saw at the gateway is recorded under its reference.

    Raises AttemptNotOpen, PaymentInvalid, PaymentConflict, InvoiceNotPayable.
    """
    with transaction.atomic():
        locked = _lock_open(attempt)
        payment = record_payment(
            invoice=locked.invoice, gateway=locked.gateway, reference=reference, amount=amount, actor=actor, now=now
        )
        locked.payment, locked.status, locked.closed_at = payment, AttemptStatus.SUCCEEDED, now
        locked.save(update_fields=["payment", "status", "closed_at"])
        data = {"gateway": locked.gateway, "attempt": locked.pk, "reference": reference, "amount": str(amount)}
        record_event("attempt.accepted", now=now, actor=actor, invoice=locked.invoice, data=data)
    return locked


def dismiss_attempt(*, attempt: PaymentAttempt, reason: str, actor: str, now: datetime) -> PaymentAttempt:
    """NEEDS_CHECK → CANCELLED: an operator saw that no money came. Raises AttemptNotOpen."""
    with transaction.atomic():
        locked = _lock_open(attempt)
        locked.status, locked.error, locked.closed_at = AttemptStatus.CANCELLED, reason, now
        locked.save(update_fields=["status", "error", "closed_at"])
        data = {"gateway": locked.gateway, "attempt": locked.pk, "reason": reason}
        record_event("attempt.failed", now=now, actor=actor, invoice=locked.invoice, data=data)
    return locked


def ask_again(*, attempt: PaymentAttempt, now: datetime) -> None:
    """A worker asks the gateway at once. Raises AttemptNotOpen for one that the gateway does not know."""
    with transaction.atomic():
        known = PaymentAttempt.objects.filter(pk=attempt.pk, payment=None).exclude(external_id="")
        if not known.exclude(status=AttemptStatus.NEEDS_CHECK).update(run_after=now):
            raise AttemptNotOpen(_("There is nothing to ask about it."))
        wake_payment_attempt(attempt.pk)


def process_again(*, event: GatewayEvent, actor: str, now: datetime) -> None:
    """FAILED, REFUSED or IGNORED → RECEIVED: a worker takes it once more. Raises AttemptNotOpen."""
    again = (GatewayEventStatus.FAILED, GatewayEventStatus.REFUSED, GatewayEventStatus.IGNORED)
    with transaction.atomic():
        waiting = GatewayEvent.objects.filter(pk=event.pk, status__in=again)
        if not waiting.update(status=GatewayEventStatus.RECEIVED, run_after=now, tries=0, error=""):
            raise AttemptNotOpen(_("It was processed already."))
        wake_gateway_event(event.pk)


def _lock_open(attempt: PaymentAttempt) -> PaymentAttempt:
    locked = lock_attempt(attempt)
    if locked.status != AttemptStatus.NEEDS_CHECK:
        raise AttemptNotOpen(_("This payment needs nobody any more."))
    return locked
