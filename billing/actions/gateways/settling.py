"""What a gateway says of a payment becomes rows: money is taken once, whatever comes twice, late or out of order."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.gateways.stored_methods import keep_method
from billing.actions.gateways.surcharges import charge_surcharge
from billing.actions.locking import lock_invoice
from billing.actions.notifications import notify_client, notify_operators
from billing.actions.payments import InvoiceNotPayable, PaymentConflict, PaymentInvalid, record_payment
from billing.actions.payments.checking import amount_words
from billing.gateways.base import Answer, Standing
from billing.models import AttemptStatus, Event, InvoiceStatus, PaymentAttempt

# After so many looks, how long until the next one: a notification that never came is not missed for long.
LOOK_AFTER: Final = (timedelta(minutes=5), timedelta(hours=1), timedelta(days=1))
MOST_LOOKS: Final = 40
WAITING: Final = {Standing.PENDING: AttemptStatus.PENDING, Standing.PROCESSING: AttemptStatus.PROCESSING}
CLOSED: Final = {Standing.FAILED: AttemptStatus.FAILED, Standing.CANCELLED: AttemptStatus.CANCELLED}


def settle_attempt(*, attempt: PaymentAttempt, answer: Answer, now: datetime) -> PaymentAttempt:
    """Brings the attempt, its invoice and the client's money to what the gateway says. Told again, nothing changes.

    What contradicts the attempt (another amount or currency, another account) moves no money: NEEDS_CHECK, operators
    are told.
    """
    with transaction.atomic():
        locked = lock_attempt(attempt)
        if locked.payment_id is not None or locked.status == AttemptStatus.NEEDS_CHECK:
            return locked
        locked.external_id = locked.external_id or answer.external_id
        if answer.standing == Standing.SUCCEEDED:
            _take(locked, answer, now=now)
        elif answer.standing in WAITING:
            _wait(locked, WAITING[answer.standing], now=now)
        else:
            close_attempt(locked, CLOSED[answer.standing], reason=answer.reason, now=now)
        return locked


def lock_attempt(attempt: PaymentAttempt) -> PaymentAttempt:
    """The attempt as it is now, after its client and its invoice."""
    invoice = lock_invoice(attempt.invoice)
    locked = PaymentAttempt.objects.select_for_update(of=("self",), no_key=True).get(pk=attempt.pk)
    locked.invoice, locked.client, locked.currency = invoice, invoice.client, invoice.currency
    return locked


def find_disagreement(attempt: PaymentAttempt, *, amount: Decimal | None, currency: str | None, is_ours: bool) -> str:
    """Why what a gateway claims is not what was asked of it, "" where it is; None is no claim."""
    if not is_ours:
        return _("It went to another account, or is a test.")
    if currency is not None and currency != attempt.currency_id:
        words = _("It is in %(claimed)s, asked for was %(currency)s.")
        return words % {"claimed": currency, "currency": attempt.currency_id}
    if amount is not None and amount != attempt.amount:
        words = _("It is %(claimed)s, asked for was %(amount)s.")
        claimed, asked = (amount_words(each, attempt.currency_id) for each in (amount, attempt.amount))
        return words % {"claimed": claimed, "amount": asked}
    return ""


def call_for_person(attempt: PaymentAttempt, words: str, *, now: datetime) -> None:
    """→ NEEDS_CHECK, with a letter to operators. The attempt is as `lock_attempt` gives it."""
    attempt.status, attempt.error = AttemptStatus.NEEDS_CHECK, words
    attempt.run_after, attempt.closed_at = None, now
    attempt.save(update_fields=["status", "error", "run_after", "closed_at", "external_id"])
    data = {"gateway": attempt.gateway, "attempt": attempt.pk, "reason": words}
    event = record_event("attempt.needs_check", now=now, invoice=attempt.invoice, data=data)
    notify_operators(event, now=now)


def close_attempt(attempt: PaymentAttempt, status: AttemptStatus, *, reason: str, now: datetime) -> None:
    """Open → FAILED or CANCELLED, with a letter where the client is away: a card that was charged for them.

    The attempt is as `lock_attempt` gives it; one that is closed is only not looked at any more.
    """
    was_open, was_processing = attempt.is_open, attempt.status == AttemptStatus.PROCESSING
    attempt.run_after = None
    if was_open:
        attempt.status, attempt.reason, attempt.closed_at = status, reason[:100], now
    attempt.save(update_fields=["status", "reason", "closed_at", "run_after", "external_id"])
    if not was_open:
        return
    if was_processing:
        _no_longer_pending(attempt, now=now)
    data = {"gateway": attempt.gateway, "attempt": attempt.pk, "reason": attempt.reason}
    event = record_event("attempt.failed", now=now, invoice=attempt.invoice, data=data)
    if attempt.is_automatic and attempt.invoice.is_payable:
        notify_client(event, client=attempt.client, letter="payment.failed", now=now)


def tell_of_refusal(attempt: PaymentAttempt, words: str, *, now: datetime) -> None:
    """Keeps why the gateway refused the request itself; operators hear of it once for an invoice.

    The attempt is as `lock_attempt` gives it.
    """
    attempt.error = words
    attempt.save(update_fields=["error"])
    if Event.objects.filter(name="attempt.refused", invoice=attempt.invoice).exists():
        return
    data = {"gateway": attempt.gateway, "attempt": attempt.pk, "reason": words[:500]}
    notify_operators(record_event("attempt.refused", now=now, invoice=attempt.invoice, data=data), now=now)


def next_look(looks: int, *, now: datetime) -> datetime | None:
    """When the gateway is asked next: in 5 minutes, an hour, then daily; None when there is no more hope."""
    return None if looks >= MOST_LOOKS else now + LOOK_AFTER[min(looks, len(LOOK_AFTER) - 1)]


def _take(attempt: PaymentAttempt, answer: Answer, *, now: datetime) -> None:
    words = find_disagreement(attempt, amount=answer.amount, currency=answer.currency, is_ours=answer.is_ours)
    if words:
        call_for_person(attempt, words, now=now)
        return
    invoice, was_payable = attempt.invoice, attempt.invoice.is_payable
    try:
        with transaction.atomic():
            payment = record_payment(
                invoice=invoice,
                gateway=attempt.gateway,
                reference=answer.reference,
                amount=answer.amount,
                fee=min(answer.fee, answer.amount),
                currency=answer.currency,
                actor=attempt.started_by,
                now=now,
            )
    except (PaymentConflict, PaymentInvalid, InvoiceNotPayable) as error:
        call_for_person(attempt, str(error), now=now)
        return
    if attempt.surcharge and was_payable:
        charge_surcharge(attempt, now=now)
    if answer.card is not None and attempt.saves_method:
        keep_method(client=attempt.client, gateway=attempt.gateway, card=answer.card, now=now)
    attempt.status, attempt.payment, attempt.error, attempt.reason = AttemptStatus.SUCCEEDED, payment, "", ""
    attempt.run_after, attempt.closed_at = None, now
    attempt.save()


def _wait(attempt: PaymentAttempt, status: AttemptStatus, *, now: datetime) -> None:
    """The worst is that a notification never comes: until the end a look is always due."""
    invoice = attempt.invoice
    attempt.status = status if attempt.is_open else attempt.status
    attempt.run_after = next_look(attempt.looks, now=now)
    if attempt.run_after is None and attempt.is_open:
        call_for_person(attempt, _("The gateway has not settled it for weeks."), now=now)
        return
    attempt.save(update_fields=["status", "run_after", "external_id"])
    if status == AttemptStatus.PROCESSING and invoice.status == InvoiceStatus.UNPAID:
        invoice.status = InvoiceStatus.PAYMENT_PENDING
        invoice.save(update_fields=["status"])
        record_event("invoice.payment_pending", now=now, invoice=invoice, data={"gateway": attempt.gateway})


def _no_longer_pending(attempt: PaymentAttempt, *, now: datetime) -> None:
    invoice = attempt.invoice
    others = PaymentAttempt.objects.filter(invoice=invoice, status=AttemptStatus.PROCESSING).exclude(pk=attempt.pk)
    if invoice.status == InvoiceStatus.PAYMENT_PENDING and not others.exists():
        invoice.status = InvoiceStatus.UNPAID
        invoice.save(update_fields=["status"])
        record_event("invoice.payment_failed", now=now, invoice=invoice, data={"gateway": attempt.gateway})
