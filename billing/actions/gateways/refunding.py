"""Refunds by a gateway: the row is PENDING, a worker asks with one key until the gateway has answered for good."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.gateways.calling import GatewayNotSetUp, call_gateway
from billing.actions.notifications import notify_operators
from billing.actions.refunds import RefundNotPending, confirm_refund, fail_refund
from billing.gateways import ONLINE
from billing.gateways.base import (
    GatewayMisconfigured,
    GatewayRejected,
    GatewayUnavailable,
    RefundAnswer,
    Repayment,
    Standing,
)
from billing.models import PaymentAttempt, Refund, RefundStatus
from billing.receipts import ReceiptImpossible, receipt_for_refund, receipt_from_yookassa
from billing.wakeups import wake_refund

LEASE: Final = timedelta(minutes=2)
REFUNDS_AT_ONCE: Final = 500
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
KEY_REMEMBERED: Final = timedelta(hours=23)


def wake_due_refunds(*, now: datetime) -> None:
    """Wakes a worker for each refund that is due, or whose worker never reported."""
    due = Refund.objects.filter(status=RefundStatus.PENDING, run_after__lte=now).order_by("run_after")
    for refund_id in due.values_list("pk", flat=True)[:REFUNDS_AT_ONCE]:
        wake_refund(refund_id)


def look_at_refund_soon(*, refund: Refund, now: datetime) -> None:
    """The gateway sent word of it: a worker asks at once."""
    with transaction.atomic():
        if Refund.objects.filter(pk=refund.pk, status=RefundStatus.PENDING, run_after__gt=now).update(run_after=now):
            wake_refund(refund.pk)


def run_refund(*, refund_id: int, clock: Callable[[], datetime]) -> None:
    """Leases the refund and asks the gateway. A second delivery of the wake-up does nothing."""
    now = clock()
    leased = Refund.objects.filter(pk=refund_id, status=RefundStatus.PENDING, run_after__lte=now)
    if not leased.update(run_after=now + LEASE, tries=F("tries") + 1):
        return
    refund = Refund.objects.select_related("payment__invoice", "currency", "client").get(pk=refund_id)
    gateway = refund.payment.gateway
    try:
        if refund.reference:
            answer: RefundAnswer = call_gateway(
                gateway,
                "look_refund",
                lambda asked, keys: asked.look_refund(keys, refund.reference),
                now=now,
                refund=refund,
            )
        else:
            repayment = _repayment_of(refund)
            answer = call_gateway(
                gateway, "refund", lambda asked, keys: asked.refund(keys, repayment), now=now, refund=refund
            )
    except GatewayRejected as error:
        _fail(refund, f"{error.code}: {error}", now=clock())
    except (GatewayUnavailable, GatewayMisconfigured, GatewayNotSetUp) as error:
        _ask_later(refund, str(error), now=clock())
    else:
        _settle(refund, answer, now=clock())


def _repayment_of(refund: Refund) -> Repayment:
    payment = refund.payment
    if ONLINE[payment.gateway].needs_receipt and refund.receipt is None:
        refund.receipt = _receipt_of(refund)
        Refund.objects.filter(pk=refund.pk).update(receipt=refund.receipt)
    return Repayment(
        key=f"refund-{refund.pk}-{payment.pk}",
        reference=payment.reference,
        amount=refund.amount,
        currency=refund.currency_id,
        reason=refund.reason,
        refund_id=refund.pk,
        receipt=refund.receipt,
    )


def _receipt_of(refund: Refund) -> dict[str, Any] | None:
    """What the receipt of the payment said, or as much of it; None where the payment had none."""
    attempt = PaymentAttempt.objects.filter(payment=refund.payment_id).first()
    if attempt is None or attempt.receipt is None:
        return None
    try:
        return receipt_for_refund(refund, receipt_from_yookassa(attempt.receipt)).to_yookassa()
    except ReceiptImpossible as error:
        raise GatewayRejected("receipt", str(error)) from error


def _settle(refund: Refund, answer: RefundAnswer, *, now: datetime) -> None:
    try:
        if answer.standing == Standing.SUCCEEDED:
            confirm_refund(refund=refund, reference=answer.external_id, actor=refund.requested_by, now=now)
        elif answer.standing in (Standing.FAILED, Standing.CANCELLED):
            _fail(refund, answer.reason or _("The gateway has cancelled it."), now=now)
        else:
            _wait(refund, now=now, reference=answer.external_id)
    except RefundNotPending:
        return


def _fail(refund: Refund, words: str, *, now: datetime) -> None:
    try:
        fail_refund(refund=refund, actor=refund.requested_by, error=words, now=now)
    except RefundNotPending:
        return


def _ask_later(refund: Refund, words: str, *, now: datetime) -> None:
    """Asked again with the same key while the gateway remembers it; then a person looks whether it was done."""
    _wait(refund, now=now)
    Refund.objects.filter(pk=refund.pk, status=RefundStatus.PENDING).update(error=words[:1000])
    is_forgotten = now >= refund.requested_at + KEY_REMEMBERED
    if is_forgotten and not refund.reference:
        _call_for_person(refund, words, now=now)


def _call_for_person(refund: Refund, words: str, *, now: datetime) -> None:
    """Asked again it could be done twice: operators look at the gateway and settle it by hand."""
    with transaction.atomic():
        waiting = Refund.objects.filter(pk=refund.pk, status=RefundStatus.PENDING, run_after__isnull=False)
        if not waiting.update(run_after=None):
            return
        data = {
            "gateway": refund.payment.gateway,
            "reference": refund.payment.reference,
            "amount": str(refund.amount),
            "currency": refund.currency_id,
            "reason": words[:500],
        }
        event = record_event("refund.unanswered", now=now, invoice=refund.payment.invoice, data=data)
        notify_operators(event, now=now)


def _wait(refund: Refund, *, now: datetime, reference: str = "") -> None:
    wait = min(FIRST_WAIT * 2 ** min(refund.tries, 10), LONGEST_WAIT)
    values = {"run_after": now + wait, **({"reference": reference[:200]} if reference else {})}
    Refund.objects.filter(pk=refund.pk, status=RefundStatus.PENDING).update(**values)
