"""The worker's side of payment attempts: saved cards charged, pages and money on its way looked at."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.actions.gateways.calling import GatewayNotSetUp, call_gateway
from billing.actions.gateways.settling import (
    call_for_person,
    close_attempt,
    lock_attempt,
    next_look,
    settle_attempt,
    tell_of_refusal,
)
from billing.actions.gateways.starting import charge_of
from billing.gateways import ONLINE
from billing.gateways.base import Answer, GatewayMisconfigured, GatewayRejected, GatewayUnavailable
from billing.models import AttemptStatus, PaymentAttempt
from billing.wakeups import wake_payment_attempt

LEASE: Final = timedelta(minutes=2)
ATTEMPTS_AT_ONCE: Final = 500
# Both gateways remember a key for a day: until then asking again with it cannot charge twice.
KEY_REMEMBERED: Final = timedelta(hours=23)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)


def wake_due_attempts(*, now: datetime) -> None:
    """Wakes a worker for each attempt that is due, or whose worker never reported."""
    due = PaymentAttempt.objects.due(now=now).order_by("run_after")
    for attempt_id in due.values_list("pk", flat=True)[:ATTEMPTS_AT_ONCE]:
        wake_payment_attempt(attempt_id)


def look_soon(*, attempt: PaymentAttempt, now: datetime) -> None:
    """The client came back, or the gateway sent word: a worker looks at once."""
    waiting = PaymentAttempt.objects.filter(
        pk=attempt.pk, run_after__gt=now, status__in=[AttemptStatus.PENDING, AttemptStatus.PROCESSING]
    )
    with transaction.atomic():
        if waiting.update(run_after=now):
            wake_payment_attempt(attempt.pk)


def tend_attempt(*, attempt_id: int, clock: Callable[[], datetime]) -> None:
    """Leases the attempt and takes it one step further. A second delivery of the wake-up does nothing."""
    now = clock()
    leased = PaymentAttempt.objects.due(now=now).filter(pk=attempt_id)
    if not leased.update(run_after=now + LEASE, looks=F("looks") + 1):
        return
    rows = PaymentAttempt.objects.select_related("invoice__currency", "client__currency", "currency", "method")
    attempt = rows.get(pk=attempt_id)
    # What is kept of it, operators read.
    with override(settings.LANGUAGE_CODE):
        if attempt.status in (AttemptStatus.QUEUED, AttemptStatus.STARTING) and attempt.is_automatic:
            _charge(attempt, clock=clock)
        elif attempt.status == AttemptStatus.STARTING:
            _abandon(attempt, now=clock())
        elif attempt.external_id:
            _look(attempt, clock=clock)
        else:
            PaymentAttempt.objects.filter(pk=attempt.pk).update(run_after=None)


def _charge(attempt: PaymentAttempt, *, clock: Callable[[], datetime]) -> None:
    """QUEUED → asked of the gateway; asked before without an answer → asked again with the same key."""
    if not _may_charge(attempt, now=clock()):
        return
    method = attempt.method
    assert method is not None
    try:
        charge = charge_of(attempt, customer_id=method.customer_id, method_id=method.external_id)
        answer: Answer = call_gateway(
            attempt.gateway, "charge", lambda asked, keys: asked.charge(keys, charge), now=clock(), attempt=attempt
        )
    except GatewayRejected as error:
        _fail(attempt, error, now=clock())
    except (GatewayUnavailable, GatewayMisconfigured, GatewayNotSetUp):
        _ask_later(attempt, now=clock())
    else:
        settle_attempt(attempt=attempt, answer=answer, now=clock())


def _may_charge(attempt: PaymentAttempt, *, now: datetime) -> bool:
    """Judges under the lock, and writes that the gateway is being asked before it is."""
    with transaction.atomic():
        locked = lock_attempt(attempt)
        if locked.status not in (AttemptStatus.QUEUED, AttemptStatus.STARTING):
            # A notification was faster.
            return False
        was_asked = locked.status == AttemptStatus.STARTING
        is_due = locked.invoice.is_payable and locked.invoice.balance + locked.surcharge == locked.amount
        is_known = now < locked.created_at + KEY_REMEMBERED
        if was_asked and not (is_due and is_known):
            call_for_person(
                locked, _("The gateway was asked to charge the card and never answered. Look there for it."), now=now
            )
            return False
        method = locked.method
        if not was_asked and (not is_due or method is None or method.removed_at or not is_known):
            close_attempt(locked, AttemptStatus.CANCELLED, reason="not_due", now=now)
            return False
        locked.status = AttemptStatus.STARTING
        locked.save(update_fields=["status"])
        return True


def _fail(attempt: PaymentAttempt, error: GatewayRejected, *, now: datetime) -> None:
    """The gateway does not even try: that is no matter of the card, so operators are told too."""
    with transaction.atomic():
        locked = lock_attempt(attempt)
        close_attempt(locked, AttemptStatus.FAILED, reason=error.code, now=now)
        tell_of_refusal(locked, str(error), now=now)


def _ask_later(attempt: PaymentAttempt, *, now: datetime) -> None:
    """The outcome is unknown, or the gateway is down: the same again later, with the same key."""
    wait = min(FIRST_WAIT * 2 ** min(attempt.looks, 10), LONGEST_WAIT)
    PaymentAttempt.objects.filter(pk=attempt.pk, payment=None).update(run_after=now + wait)


def _abandon(attempt: PaymentAttempt, *, now: datetime) -> None:
    """The gateway never gave a page: nobody can have paid on it."""
    with transaction.atomic():
        close_attempt(lock_attempt(attempt), AttemptStatus.CANCELLED, reason="not_opened", now=now)


def _look(attempt: PaymentAttempt, *, clock: Callable[[], datetime]) -> None:
    """What the gateway says now. A page that was replaced by another is closed there too."""
    try:
        if attempt.status == AttemptStatus.CANCELLED and ONLINE[attempt.gateway].can_cancel:
            call_gateway(
                attempt.gateway,
                "cancel",
                lambda asked, keys: asked.cancel(keys, attempt.external_id),
                now=clock(),
                attempt=attempt,
            )
        answer: Answer = call_gateway(
            attempt.gateway,
            "look",
            lambda asked, keys: asked.look(keys, attempt.external_id),
            now=clock(),
            attempt=attempt,
        )
    except GatewayRejected as error:
        _call_for_person(attempt, str(error), now=clock())
    except (GatewayUnavailable, GatewayMisconfigured, GatewayNotSetUp):
        now = clock()
        # An outage is no look: the schedule goes on where it was.
        PaymentAttempt.objects.filter(pk=attempt.pk, payment=None).update(
            run_after=next_look(max(attempt.looks - 1, 0), now=now) or now + LONGEST_WAIT, looks=F("looks") - 1
        )
    else:
        settle_attempt(attempt=attempt, answer=answer, now=clock())


def _call_for_person(attempt: PaymentAttempt, words: str, *, now: datetime) -> None:
    with transaction.atomic():
        locked = lock_attempt(attempt)
        if locked.payment_id is None and locked.status != AttemptStatus.NEEDS_CHECK:
            call_for_person(locked, words, now=now)
