"""Money that leaves an affiliate's balance: as credit at once, or as a payment that an operator makes (P17)."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.affiliate_balances import BalanceTooLow, book, lock_affiliate
from billing.actions.events import record_event
from billing.actions.ledger import post
from billing.actions.notifications import notify_client, notify_operators
from billing.models import (
    Account,
    Affiliate,
    AffiliateEntry,
    EntryKind,
    Event,
    Withdrawal,
    WithdrawalStatus,
    WithdrawalWay,
)
from billing.queries.affiliates import read_affiliate_settings, why_no_withdrawal
from catalog.money import round_money


class WithdrawalRefused(Exception):
    """The affiliate may not withdraw now."""


class WithdrawalInvalid(Exception):
    """What was typed cannot be; `errors` maps fields to messages."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = errors


class WithdrawalSettled(Exception):
    """It was paid out or refused already."""


def withdraw_to_credit(*, affiliate: Affiliate, actor: str, now: datetime) -> Withdrawal:
    """The affiliate's own wish: the whole balance becomes credit. Raises WithdrawalRefused."""
    with transaction.atomic():
        locked = lock_affiliate(affiliate)
        _check_own_wish(locked)
        return _give_credit(locked, actor=actor, now=now)


def pay_out_to_credit(*, affiliate: Affiliate, actor: str, now: datetime) -> Withdrawal:
    """An operator's decision: the whole balance becomes credit, however small. Raises BalanceTooLow."""
    with transaction.atomic():
        return _give_credit(lock_affiliate(affiliate), actor=actor, now=now)


def request_withdrawal(*, affiliate: Affiliate, details: str, actor: str, now: datetime) -> Withdrawal:
    """Asks to be paid the whole balance, `details` saying where to; it is set aside until an operator decides.

    Raises WithdrawalRefused, WithdrawalInvalid.
    """
    details = details.strip()
    if not details or len(details) > 500 or "\x00" in details:
        raise WithdrawalInvalid({"details": [_("Say where the money should go, in at most 500 characters.")]})
    with transaction.atomic():
        locked = lock_affiliate(affiliate)
        _check_own_wish(locked)
        withdrawal = _take(
            locked, locked.balance, WithdrawalWay.PAYMENT, WithdrawalStatus.REQUESTED, now=now, details=details
        )
        event = _record("withdrawal.requested", withdrawal, actor=actor, now=now)
        notify_operators(event, now=now)
    return withdrawal


def pay_withdrawal(*, withdrawal: Withdrawal, reference: str, actor: str, now: datetime) -> Withdrawal:
    """REQUESTED → PAID: an operator has sent the money. Raises WithdrawalSettled, WithdrawalInvalid."""
    reference = _check_reference(reference)
    with transaction.atomic():
        affiliate = lock_affiliate(withdrawal.affiliate)
        if Withdrawal.objects.filter(affiliate=affiliate, reference=reference).exists():
            raise WithdrawalInvalid({"reference": [_("This reference was used for another payout.")]})
        paid = _settle(withdrawal, WithdrawalStatus.PAID, actor=actor, now=now, reference=reference)
        _post(affiliate, paid, now=now)
        event = _record("withdrawal.paid", paid, actor=actor, now=now)
        notify_client(event, client=affiliate.client, now=now)
    return paid


def refuse_withdrawal(*, withdrawal: Withdrawal, reason: str, actor: str, now: datetime) -> Withdrawal:
    """REQUESTED → REFUSED: the money goes back to the balance. Raises WithdrawalSettled."""
    with transaction.atomic():
        affiliate = lock_affiliate(withdrawal.affiliate)
        refused = _settle(withdrawal, WithdrawalStatus.REFUSED, actor=actor, now=now, reason=reason)
        book(
            [
                AffiliateEntry(
                    affiliate=affiliate, kind=EntryKind.RETURN, amount=refused.amount, withdrawal=refused, at=now
                )
            ]
        )
        event = _record("withdrawal.refused", refused, actor=actor, now=now)
        notify_client(event, client=affiliate.client, now=now)
    return refused


def record_payout(*, affiliate: Affiliate, amount: Decimal, reference: str, actor: str, now: datetime) -> Withdrawal:
    """Money that an operator sent without being asked. The same reference again gives the same Withdrawal.

    Raises WithdrawalInvalid, BalanceTooLow.
    """
    reference = _check_reference(reference)
    with transaction.atomic():
        locked = lock_affiliate(affiliate)
        known = Withdrawal.objects.filter(affiliate=locked, reference=reference).first()
        if known is not None:
            if known.amount != amount:
                raise WithdrawalInvalid({"reference": [_("This reference was used for another payout.")]})
            return known
        precision = locked.client.currency.precision
        if not amount.is_finite() or amount <= 0 or amount != round_money(amount, precision=precision):
            words = _("Enter an amount above zero with at most %(count)s decimals.") % {"count": precision}
            raise WithdrawalInvalid({"amount": [words]})
        paid = _take(
            locked,
            amount,
            WithdrawalWay.PAYMENT,
            WithdrawalStatus.PAID,
            now=now,
            reference=reference,
            settled_by=actor,
        )
        _post(locked, paid, now=now)
        event = _record("withdrawal.paid", paid, actor=actor, now=now)
        notify_client(event, client=locked.client, now=now)
    return paid


def _check_own_wish(affiliate: Affiliate) -> None:
    """What holds for affiliates, not for operators. Raises WithdrawalRefused."""
    refusal = why_no_withdrawal(affiliate, read_affiliate_settings())
    if refusal:
        raise WithdrawalRefused(refusal)


def _check_reference(reference: str) -> str:
    reference = reference.strip()
    if not reference or len(reference) > 200 or "\x00" in reference:
        raise WithdrawalInvalid({"reference": [_("Enter the reference of the payment, at most 200 characters.")]})
    return reference


def _give_credit(affiliate: Affiliate, *, actor: str, now: datetime) -> Withdrawal:
    amount = affiliate.balance
    if amount <= 0:
        raise BalanceTooLow(_("There is nothing to pay out."))
    paid = _take(affiliate, amount, WithdrawalWay.CREDIT, WithdrawalStatus.PAID, now=now, settled_by=actor)
    affiliate.client.credit_balance += amount
    affiliate.client.save(update_fields=["credit_balance"])
    _post(affiliate, paid, now=now)
    event = _record("withdrawal.paid", paid, actor=actor, now=now)
    notify_client(event, client=affiliate.client, now=now)
    return paid


def _take(
    affiliate: Affiliate,
    amount: Decimal,
    way: WithdrawalWay,
    status: WithdrawalStatus,
    *,
    now: datetime,
    **columns: str,
) -> Withdrawal:
    """Takes it off the balance of the locked affiliate. Raises BalanceTooLow."""
    withdrawal = Withdrawal.objects.create(
        affiliate=affiliate,
        way=way,
        status=status,
        amount=amount,
        currency_id=affiliate.client.currency_id,
        requested_at=now,
        settled_at=None if status == WithdrawalStatus.REQUESTED else now,
        **columns,
    )
    book(
        [AffiliateEntry(affiliate=affiliate, kind=EntryKind.WITHDRAWAL, amount=-amount, withdrawal=withdrawal, at=now)]
    )
    return withdrawal


def _settle(
    withdrawal: Withdrawal, status: WithdrawalStatus, *, actor: str, now: datetime, **columns: str
) -> Withdrawal:
    """REQUESTED → `status`. Raises WithdrawalSettled."""
    waiting = Withdrawal.objects.filter(pk=withdrawal.pk, status=WithdrawalStatus.REQUESTED)
    if not waiting.update(status=status, settled_at=now, settled_by=actor, **columns):
        raise WithdrawalSettled(_("It was paid out or refused already."))
    return Withdrawal.objects.get(pk=withdrawal.pk)


def _post(affiliate: Affiliate, withdrawal: Withdrawal, *, now: datetime) -> None:
    """The cost is in the books once it is paid: into the client's credit, or out of the house."""
    is_credit = withdrawal.way == WithdrawalWay.CREDIT
    post(
        "affiliate.credited" if is_credit else "affiliate.paid",
        client=affiliate.client,
        currency_id=withdrawal.currency_id,
        amounts={
            Account.AFFILIATE: withdrawal.amount,
            Account.CREDIT if is_credit else Account.CLEARING: -withdrawal.amount,
        },
        now=now,
    )


def _record(name: str, withdrawal: Withdrawal, *, actor: str, now: datetime) -> Event:
    return record_event(
        name,
        now=now,
        actor=actor,
        client=withdrawal.affiliate.client,
        data={
            "affiliate": withdrawal.affiliate.code,
            "withdrawal": withdrawal.pk,
            "way": withdrawal.way,
            "amount": f"{withdrawal.amount.normalize():f}",
            "currency": withdrawal.currency_id,
            "reason": withdrawal.reason,
        },
    )
