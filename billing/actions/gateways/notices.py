"""Notifications of gateways: judged and kept in the request, each once; a worker does what follows."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.actions.chargebacks import PaymentNotReversible, reverse_payment
from billing.actions.events import record_event
from billing.actions.gateways.calling import GatewayNotSetUp
from billing.actions.gateways.refunding import look_at_refund_soon
from billing.actions.gateways.settling import find_disagreement
from billing.actions.gateways.tending import look_soon, tend_attempt
from billing.actions.notifications import notify_operators
from billing.gateways import ONLINE
from billing.gateways.base import Notice, NoticeMalformed, NoticeSubject
from billing.models import (
    AttemptStatus,
    GatewayEvent,
    GatewayEventStatus,
    Payment,
    PaymentAttempt,
    PaymentGateway,
    Refund,
)
from billing.queries.gateways import read_keys
from billing.wakeups import wake_gateway_event

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=2)
TRIES: Final = 12
LONGEST_WAIT: Final = timedelta(hours=6)
EVENTS_AT_ONCE: Final = 500
LONGEST_BODY: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a notification; `has_to_look`: the gateway has to be asked about the attempt."""

    status: GatewayEventStatus
    words: str = ""
    attempt: PaymentAttempt | None = None
    has_to_look: bool = False


def receive_notice(*, gateway: str, token: str, body: bytes, headers: Mapping[str, str], now: datetime) -> GatewayEvent:
    """Judges the signature, then keeps the notification as it came and wakes a worker. Sent again, it is kept once.

    Raises GatewayNotSetUp for an address that is none, NoticeForged, NoticeMalformed, GatewayMisconfigured.
    """
    asked = ONLINE.get(gateway)
    row = PaymentGateway.objects.filter(code=gateway, hook_token=token).first()
    if asked is None or row is None:
        raise GatewayNotSetUp(_("There is no such address."))
    if len(body) > LONGEST_BODY or b"\x00" in body:
        raise NoticeMalformed("body")
    notice = asked.read_notice(read_keys(row), body, headers)
    same = GatewayEvent.objects.filter(gateway=gateway, event_id=notice.event_id[:200])
    known = same.select_related("attempt").first()
    if known is not None:
        # Whoever insists may know better: what is not settled is looked at once more.
        if known.attempt is not None:
            look_soon(attempt=known.attempt, now=now)
        return known
    with transaction.atomic():
        event, is_new = GatewayEvent.objects.get_or_create(
            gateway=gateway,
            event_id=notice.event_id[:200],
            defaults={"name": notice.name[:100], "body": body.decode(), "received_at": now, "run_after": now},
        )
        if is_new:
            wake_gateway_event(event.pk)
    return event


def wake_due_events(*, now: datetime) -> None:
    """Wakes a worker for each notification that waits, or whose worker never reported."""
    due = GatewayEvent.objects.due(now=now).order_by("id")
    for event_id in due.values_list("pk", flat=True)[:EVENTS_AT_ONCE]:
        wake_gateway_event(event_id)


def process_event(*, event_id: int, clock: Callable[[], datetime]) -> None:
    """Leases the notification and does what it is a reason for. A second delivery of the wake-up does nothing."""
    now = clock()
    leased = GatewayEvent.objects.due(now=now).filter(pk=event_id)
    if not leased.update(run_after=now + LEASE, tries=F("tries") + 1):
        return
    event = GatewayEvent.objects.get(pk=event_id)
    row = PaymentGateway.objects.filter(code=event.gateway).first()
    try:
        # What is kept of it, operators read.
        with transaction.atomic(), override(settings.LANGUAGE_CODE):
            notice = ONLINE[event.gateway].parse_notice(read_keys(row) if row else {}, event.body)
            verdict = _act(event, notice, now=now)
            _close(event, verdict, now=now)
    except (NoticeMalformed, KeyError) as error:
        _close(event, Verdict(GatewayEventStatus.FAILED, str(error)), now=now)
    except Exception as error:
        logger.exception("Notification %s of %s could not be processed", event.pk, event.gateway)
        _put_off(event, error, now=clock())
    else:
        # Outside of the transaction, for it asks the gateway; whoever dies before leaves an attempt that is due.
        if verdict.has_to_look and verdict.attempt is not None:
            tend_attempt(attempt_id=verdict.attempt.pk, clock=clock)


def _close(event: GatewayEvent, verdict: Verdict, *, now: datetime) -> None:
    GatewayEvent.objects.filter(pk=event.pk, status=GatewayEventStatus.RECEIVED).update(
        status=verdict.status, error=verdict.words, processed_at=now, attempt=verdict.attempt
    )


def _act(event: GatewayEvent, notice: Notice, *, now: datetime) -> Verdict:
    if notice.subject == NoticeSubject.PAYMENT:
        return _act_on_payment(event, notice, now=now)
    if notice.subject == NoticeSubject.REFUND:
        return _act_on_refund(event, notice, now=now)
    if notice.subject in (NoticeSubject.DISPUTE_OPENED, NoticeSubject.DISPUTE_LOST):
        return _act_on_dispute(event, notice, now=now)
    return Verdict(GatewayEventStatus.IGNORED)


def _act_on_payment(event: GatewayEvent, notice: Notice, *, now: datetime) -> Verdict:
    """What it claims is checked; what is true, the gateway is asked."""
    attempt = _find_attempt(event.gateway, notice)
    if attempt is None:
        return Verdict(GatewayEventStatus.IGNORED)
    # A failed or pending payment may name a sum that was never paid.
    words = find_disagreement(
        attempt,
        amount=notice.amount if notice.is_success else None,
        currency=notice.currency,
        is_ours=notice.is_ours,
    )
    if words:
        _tell(event, attempt, words, now=now)
        return Verdict(GatewayEventStatus.REFUSED, words, attempt)
    _name(attempt, notice)
    unsettled = PaymentAttempt.objects.filter(pk=attempt.pk, payment=None).exclude(external_id="")
    is_due = unsettled.exclude(status=AttemptStatus.NEEDS_CHECK).update(run_after=now)
    return Verdict(GatewayEventStatus.DONE, "", attempt, has_to_look=bool(is_due))


def _find_attempt(gateway: str, notice: Notice) -> PaymentAttempt | None:
    """By our key, else by the gateway's number; the event may be faster than our own record of the number."""
    attempts = PaymentAttempt.objects.filter(gateway=gateway).select_related("invoice", "currency")
    if notice.key:
        found = attempts.filter(key=notice.key).first()
        if found is not None:
            return found
    return attempts.filter(external_id__in=notice.external_ids).first() if notice.external_ids else None


def _name(attempt: PaymentAttempt, notice: Notice) -> None:
    """An attempt whose answer was lost learns its number from the notification."""
    if not attempt.external_id and notice.external_ids:
        unnamed = PaymentAttempt.objects.filter(pk=attempt.pk, external_id="")
        unnamed.update(external_id=notice.external_ids[0], status=AttemptStatus.PENDING)


def _act_on_refund(event: GatewayEvent, notice: Notice, *, now: datetime) -> Verdict:
    payments = Payment.objects.filter(gateway=event.gateway, reference__in=notice.external_ids)
    refunds = Refund.objects.filter(payment__gateway=event.gateway)
    refund = refunds.filter(pk=notice.refund_id).first() if notice.refund_id is not None else None
    refund = refund or refunds.filter(reference__in=notice.external_ids).exclude(reference="").first()
    if refund is not None:
        look_at_refund_soon(refund=refund, now=now)
        return Verdict(GatewayEventStatus.DONE)
    payment = payments.select_related("invoice").first()
    if payment is None:
        return Verdict(GatewayEventStatus.IGNORED)
    words = _("It was made at the gateway, not here: record it on the payment.")
    _tell_of_payment(event, payment, "refund.made_outside", words, now=now)
    return Verdict(GatewayEventStatus.REFUSED, words)


def _act_on_dispute(event: GatewayEvent, notice: Notice, *, now: datetime) -> Verdict:
    """Opened: operators are told. Lost: the bank has taken the money back."""
    payments = Payment.objects.filter(gateway=event.gateway, reference__in=notice.external_ids)
    payment = payments.select_related("invoice").first()
    if payment is None:
        return Verdict(GatewayEventStatus.IGNORED)
    if notice.subject == NoticeSubject.DISPUTE_OPENED:
        words = _("The client's bank asks for the money back: answer it at the gateway.")
        _tell_of_payment(event, payment, "payment.disputed", words, now=now)
        return Verdict(GatewayEventStatus.DONE)
    try:
        reverse_payment(payment=payment, reason=_("Dispute lost at the gateway"), actor="", now=now)
    except PaymentNotReversible as error:
        return Verdict(GatewayEventStatus.REFUSED, str(error))
    return Verdict(GatewayEventStatus.DONE)


def _tell(event: GatewayEvent, attempt: PaymentAttempt, words: str, *, now: datetime) -> None:
    data = {"gateway": event.gateway, "attempt": attempt.pk, "reason": words, "notice": event.pk}
    told = record_event("gateway_event.refused", now=now, invoice=attempt.invoice, data=data)
    notify_operators(told, now=now)


def _tell_of_payment(event: GatewayEvent, payment: Payment, name: str, words: str, *, now: datetime) -> None:
    data = {"gateway": event.gateway, "reference": payment.reference, "reason": words, "notice": event.pk}
    told = record_event(name, now=now, invoice=payment.invoice, data=data)
    notify_operators(told, now=now)


def _put_off(event: GatewayEvent, error: Exception, *, now: datetime) -> None:
    is_over = event.tries >= TRIES
    wait = min(timedelta(minutes=1) * 2 ** min(event.tries, 10), LONGEST_WAIT)
    GatewayEvent.objects.filter(pk=event.pk, status=GatewayEventStatus.RECEIVED).update(
        status=GatewayEventStatus.FAILED if is_over else GatewayEventStatus.RECEIVED,
        run_after=now + wait,
        error=f"{type(error).__name__}: {error}"[:1000],
    )
