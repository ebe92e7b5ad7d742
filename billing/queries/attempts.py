"""Payments by gateways as clients see them: what has become of one, all of them, saved cards."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _

from billing.gateways.reasons import reason_words
from billing.models import AttemptStatus, Client, PaymentAttempt, StoredMethod

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class AttemptState:
    """What the page says: `tone` of the notice, a heading, what it means and what to do; `is_moving` while it waits."""

    tone: str
    title: str
    words: str
    is_moving: bool = False
    can_retry: bool = False


def find_attempt(client: Client, key: str) -> PaymentAttempt | None:
    """The attempt of this key, if it is the client's."""
    rows = PaymentAttempt.objects.select_related("invoice__order", "payment", "currency")
    return rows.filter(client=client, key=key).first()


def attempt_state(attempt: PaymentAttempt) -> AttemptState:
    """The truth, and nothing better: pending is not paid."""
    status = attempt.status
    if status == AttemptStatus.SUCCEEDED:
        return AttemptState("green", _("Paid. Thank you."), _succeeded_words(attempt))
    if status == AttemptStatus.PROCESSING:
        words = _("Your bank has taken the order; the money may take some days. We write to you when it is here.")
        return AttemptState("blue", _("The payment is on its way"), words, is_moving=True)
    if status in (AttemptStatus.PENDING, AttemptStatus.STARTING, AttemptStatus.QUEUED):
        words = _(
            "We have asked for the payment and wait for the answer. If you have paid, it comes within minutes; you "
            "may close this page."
        )
        return AttemptState("blue", _("We do not have the payment yet"), words, is_moving=True, can_retry=True)
    if status == AttemptStatus.NEEDS_CHECK:
        words = _("We look at it in person and write to you. Do not pay again; nothing is lost.")
        return AttemptState("amber", _("The payment needs a look"), words)
    words = f"{reason_words(attempt.reason)} {_('Nothing was charged.')}"
    return AttemptState("red", _("Not paid"), words, can_retry=attempt.invoice.is_payable)


def _succeeded_words(attempt: PaymentAttempt) -> str:
    payment = attempt.payment
    if payment is not None and payment.applied_amount == Decimal(0):
        return _("Invoice %(number)s awaited no money any more: what you paid is credit on your account.") % {
            "number": attempt.invoice.display_number
        }
    return _("Invoice %(number)s is paid.") % {"number": attempt.invoice.display_number}


def open_attempts_of(invoice_id: int) -> list[PaymentAttempt]:
    """What is under way for an invoice, the newest first."""
    return list(PaymentAttempt.objects.open().filter(invoice=invoice_id).order_by("-id"))


def payment_history(client: Client, *, number: str) -> Page[PaymentAttempt]:
    """Every attempt with its invoice and payment, the newest first. Two queries."""
    found = PaymentAttempt.objects.filter(client=client).select_related("invoice", "payment", "method")
    return Paginator(found.order_by("-id"), PER_PAGE).get_page(number)


def stored_methods_of(client: Client) -> Sequence[StoredMethod]:
    """The cards that stand, the one for automatic payments first."""
    return list(client.stored_methods.filter(removed_at=None))
