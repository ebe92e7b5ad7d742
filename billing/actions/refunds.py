"""Money of a payment given back, each request once: by the gateway, recorded as given back outside, or as credit."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.actions.credit_notes import write_credit_note_over
from billing.actions.events import record_event
from billing.actions.ledger import post
from billing.actions.locking import lock_invoice
from billing.actions.notifications import notify_client, notify_operators
from billing.actions.payments.checking import amount_words, find_amount_faults, find_reason_fault
from billing.actions.payments.settling import change_credit, release_money
from billing.gateways import can_refund
from billing.models import (
    Account,
    CreditNote,
    CreditNoteTo,
    InvoiceKind,
    InvoiceStatus,
    Payment,
    Refund,
    RefundStatus,
    RefundWay,
)
from billing.queries.refunds import CREDIT, Refundable, owed_by, refundable
from billing.wakeups import wake_refund
from catalog.taxes import ZERO


class RefundInvalid(Exception):
    """The refund cannot be; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


class RefundConflict(Exception):
    """The request key stands for another refund."""


class RefundNotPending(Exception):
    """The refund was settled already, the other way."""


def refund_payment(
    *,
    payment: Payment,
    amount: Decimal,
    way: RefundWay,
    reason: str,
    request_key: str,
    actor: str,
    now: datetime,
    credit_note: CreditNote | None = None,
) -> Refund:
    """Gives back a part or all of a payment. The same key again gives the same Refund and changes nothing.

    What the payment brought beyond its invoice comes off the client's credit; the rest off the invoice: by a credit
    note where it is paid, which makes it REFUNDED once all is taken back; an open one is owed again. `credit_note`: one
    that promised this money already. GATEWAY stays PENDING until the gateway has answered (`confirm_refund`,
    `fail_refund`). Raises RefundInvalid, RefundConflict.
    """
    try:
        with transaction.atomic():
            payment = _lock_payment(payment)
            known = Refund.objects.filter(request_key=request_key).first()
            if known is not None:
                return _same_refund(known, payment, amount, way)
            _check(payment, amount, way, reason, request_key, credit_note)
            if credit_note is None:
                refund = _take_off(payment, amount, way, reason, actor=actor, now=now)
            else:
                refund = Refund(payment=payment, amount=amount, way=way, credit_note=credit_note)
            return _write(refund, reason, request_key, actor=actor, now=now)
    except IntegrityError as error:
        # Another client's refund took the key at the same moment.
        if Refund.objects.filter(request_key=request_key).exists():
            raise RefundConflict(_("This key was used for another refund.")) from error
        raise


def _lock_payment(payment: Payment) -> Payment:
    """The payment as it is now, after its client and its invoice."""
    invoice = lock_invoice(payment.invoice)
    locked = Payment.objects.select_for_update(of=("self",), no_key=True).get(pk=payment.pk)
    locked.invoice, locked.client, locked.currency = invoice, invoice.client, invoice.currency
    return locked


def _same_refund(known: Refund, payment: Payment, amount: Decimal, way: RefundWay) -> Refund:
    if (known.payment_id, known.amount, known.way) != (payment.pk, amount, way):
        raise RefundConflict(_("This key was used for another refund."))
    return known


def _check(
    payment: Payment, amount: Decimal, way: RefundWay, reason: str, request_key: str, credit_note: CreditNote | None
) -> None:
    errors: dict[str, list[str]] = {}
    if way == RefundWay.GATEWAY and not can_refund(payment.gateway):
        errors["way"] = [_("This way of paying gives nothing back by itself: pay it back, then record it.")]
    elif way != RefundWay.CREDIT and payment.gateway == CREDIT:
        errors["way"] = [_("This was paid with credit: only credit can be given back.")]
    if fault := find_reason_fault(reason):
        errors["reason"] = [fault]
    if not 1 <= len(request_key) <= 200:
        errors["request_key"] = [_("Enter 1 to 200 characters.")]
    if credit_note is not None and credit_note.invoice_id != payment.invoice_id:
        errors["credit_note"] = [_("This credit note is for another invoice.")]
    faults = find_amount_faults(amount, precision=payment.currency.precision)
    if not faults and not errors and (fault := _find_limit(payment, amount, way, credit_note)):
        faults = [fault]
    if faults:
        errors["amount"] = faults
    if errors:
        raise RefundInvalid(errors)


def _find_limit(payment: Payment, amount: Decimal, way: RefundWay, credit_note: CreditNote | None) -> str:
    if payment.reversed_at is not None:
        return _("The bank has taken this payment back already.")
    money = refundable(payment, way=way)
    most = money.most if credit_note is None else min(money.left, owed_by(credit_note))
    if amount <= most:
        return ""
    return _("At most %(amount)s of this payment can be given back so.") % {
        "amount": amount_words(max(most, ZERO), payment.currency_id)
    }


def _take_off(payment: Payment, amount: Decimal, way: RefundWay, reason: str, *, actor: str, now: datetime) -> Refund:
    """Frees the money: from the client's credit first, then from the invoice."""
    invoice = payment.invoice
    money: Refundable = refundable(payment, way=way)
    from_credit = min(amount, money.loose)
    held = amount - from_credit
    note = None
    if held and invoice.is_payable:
        release_money(payment, invoice, held, now=now)
        from_credit = amount
    elif held:
        to = CreditNoteTo.CREDIT if way == RefundWay.CREDIT else CreditNoteTo.REFUND
        note = write_credit_note_over(invoice, held, to=to, reason=reason, actor=actor, now=now)
    if way != RefundWay.CREDIT and from_credit:
        change_credit(invoice.client, -from_credit)
        _post(payment, "refund.requested", {Account.CREDIT: from_credit, Account.REFUNDS: -from_credit}, now=now)
    if invoice.kind != InvoiceKind.SALE:
        _take_off_advance(payment, amount, actor=actor, now=now)
    return Refund(payment=payment, amount=amount, from_credit=from_credit, way=way, credit_note=note)


def _take_off_advance(payment: Payment, amount: Decimal, *, actor: str, now: datetime) -> None:
    """What was paid in advance is no longer on its invoice. PAID → REFUNDED once all of it is given back."""
    invoice = payment.invoice
    if invoice.is_payable:
        release_money(payment, invoice, min(amount, payment.applied_amount), now=now)
        return
    invoice.amount_refunded += min(amount, invoice.amount_paid - invoice.amount_refunded)
    is_all = invoice.status == InvoiceStatus.PAID and invoice.amount_refunded == invoice.amount_paid
    invoice.status = InvoiceStatus.REFUNDED if is_all else invoice.status
    invoice.save(update_fields=["amount_refunded", "status"])
    if is_all:
        record_event("invoice.refunded", now=now, actor=actor, invoice=invoice)


def _write(refund: Refund, reason: str, request_key: str, *, actor: str, now: datetime) -> Refund:
    refund.client, refund.currency = refund.payment.client, refund.payment.currency
    refund.request_key, refund.reason = request_key, reason
    refund.requested_by, refund.requested_at = actor, now
    if refund.way == RefundWay.GATEWAY:
        refund.run_after = now
    refund.save()
    if refund.way == RefundWay.GATEWAY:
        wake_refund(refund.pk)
    data = {"amount": str(refund.amount), "way": refund.way, "reason": reason}
    record_event("refund.requested", now=now, actor=actor, invoice=refund.payment.invoice, data=data)
    if refund.way != RefundWay.GATEWAY:
        _finish(refund, actor=actor, now=now)
    return refund


def confirm_refund(*, refund: Refund, actor: str, now: datetime, reference: str = "") -> Refund:
    """PENDING → DONE: the gateway gave the money back. Told again, it changes nothing. Raises RefundNotPending."""
    with transaction.atomic():
        locked = _lock_refund(refund)
        if locked.status == RefundStatus.FAILED:
            raise RefundNotPending(_("This refund has failed already."))
        if locked.status == RefundStatus.PENDING:
            locked.reference = reference[:200]
            _finish(locked, actor=actor, now=now)
        return locked


def fail_refund(*, refund: Refund, actor: str, now: datetime, error: str) -> Refund:
    """PENDING → FAILED: nothing was given back; operators are told.

    What came off the client's credit is there again; what a credit note promised waits for another refund.
    Told again, it changes nothing. Raises RefundNotPending.
    """
    with transaction.atomic():
        locked = _lock_refund(refund)
        if locked.status == RefundStatus.DONE:
            raise RefundNotPending(_("This money was given back already."))
        if locked.status == RefundStatus.PENDING:
            locked.status, locked.error, locked.done_at = RefundStatus.FAILED, error, now
            locked.save(update_fields=["status", "error", "done_at"])
            back = locked.from_credit
            change_credit(locked.payment.client, back)
            if back:
                _post(locked.payment, "refund.failed", {Account.REFUNDS: back, Account.CREDIT: -back}, now=now)
            data = {"amount": str(locked.amount), "currency": locked.currency_id, "reason": error[:500]}
            event = record_event("refund.failed", now=now, actor=actor, invoice=locked.payment.invoice, data=data)
            notify_operators(event, now=now)
        return locked


def _lock_refund(refund: Refund) -> Refund:
    payment = _lock_payment(refund.payment)
    locked = Refund.objects.select_for_update(of=("self",), no_key=True).get(pk=refund.pk)
    locked.payment = payment
    return locked


def _finish(refund: Refund, *, actor: str, now: datetime) -> None:
    """PENDING → DONE, with the posting of where the money went."""
    refund.status, refund.done_at = RefundStatus.DONE, now
    refund.save(update_fields=["status", "done_at", "reference"])
    owed = Account.CREDIT if refund.way == RefundWay.CREDIT else Account.CLEARING
    if refund.way != RefundWay.CREDIT or _was_promised(refund):
        if refund.way == RefundWay.CREDIT:
            change_credit(refund.payment.client, refund.amount)
        amounts = {Account.REFUNDS: refund.amount, owed: -refund.amount}
        _post(refund.payment, "refund.done", amounts, now=now)
    data = {"amount": str(refund.amount), "currency": refund.currency_id, "way": refund.way}
    event = record_event("refund.done", now=now, actor=actor, invoice=refund.payment.invoice, data=data)
    notify_client(event, client=refund.payment.client, now=now)


def _was_promised(refund: Refund) -> bool:
    """Whether the money waited to be refunded; else it went from the invoice straight to the credit."""
    return refund.credit_note is not None and refund.credit_note.to_refund > 0


def _post(payment: Payment, kind: str, amounts: Mapping[Account, Decimal], *, now: datetime) -> None:
    post(
        kind,
        client=payment.client,
        currency_id=payment.currency_id,
        amounts=amounts,
        now=now,
        invoice=payment.invoice,
        payment=payment,
    )
