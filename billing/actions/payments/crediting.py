"""The client's credit: money in advance, corrections, and paying invoices with it wholly or in part."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.ledger import post
from billing.actions.locking import lock_client, lock_invoice
from billing.actions.payments.checking import (
    NotEnoughCredit,
    PaymentInvalid,
    amount_words,
    check_payable,
    check_payable_by_credit,
    find_amount_faults,
    find_reason_fault,
)
from billing.actions.payments.settling import change_credit, release_money, use_credit
from billing.gateways import CREDIT
from billing.models import Account, Client, Invoice, Payment


def pay_with_credit(*, invoice: Invoice, actor: str, now: datetime) -> Payment:
    """Pays the whole balance from the client's credit. Raises NotEnoughCredit, InvoiceNotPayable."""
    with transaction.atomic():
        locked = lock_invoice(invoice)
        check_payable_by_credit(locked)
        if locked.client.credit_balance < locked.balance:
            raise NotEnoughCredit(_("The credit does not cover this invoice."))
        return use_credit(locked, locked.balance, actor=actor, now=now)


def apply_credit(*, invoice: Invoice, actor: str, now: datetime, amount: Decimal | None = None) -> Payment:
    """Pays `amount` of the invoice from the client's credit; without one, as much as there is and is needed.

    Raises PaymentInvalid for an amount above the balance or the credit, NotEnoughCredit where there is none at all,
    InvoiceNotPayable.
    """
    with transaction.atomic():
        locked = lock_invoice(invoice)
        check_payable_by_credit(locked)
        if locked.client.credit_balance <= 0:
            raise NotEnoughCredit(_("There is no credit."))
        most = min(locked.client.credit_balance, locked.balance)
        if amount is not None:
            _check_amount(amount, locked)
        return use_credit(locked, most if amount is None else amount, actor=actor, now=now)


def _check_amount(amount: Decimal, invoice: Invoice) -> None:
    faults = find_amount_faults(amount, precision=invoice.currency.precision)
    if not faults and amount > invoice.balance:
        words = _("Only %(amount)s is to be paid.")
        faults = [words % {"amount": amount_words(invoice.balance, invoice.currency_id)}]
    if not faults and amount > invoice.client.credit_balance:
        words = _("There is only %(amount)s of credit.")
        faults = [words % {"amount": amount_words(invoice.client.credit_balance, invoice.currency_id)}]
    if faults:
        raise PaymentInvalid({"amount": faults})


def take_credit_back(*, invoice: Invoice, actor: str, now: datetime) -> Decimal:
    """Takes credit off an invoice that is not paid up: it is the client's again. Returns the amount.

    Raises InvoiceNotPayable, and NotEnoughCredit where no credit was used for it.
    """
    with transaction.atomic():
        locked = lock_invoice(invoice)
        check_payable(locked)
        amount = Decimal(0)
        for payment in locked.payments.filter(gateway=CREDIT, applied_amount__gt=0).order_by("pk"):
            # Some of it may have been given back by a credit note already.
            taken = min(payment.applied_amount, locked.amount_paid - locked.amount_refunded)
            if taken > 0:
                release_money(payment, locked, taken, now=now)
                amount += taken
        if amount == 0:
            raise NotEnoughCredit(_("No credit was used for this invoice."))
        data = {"amount": str(amount)}
        record_event("credit.taken_back", now=now, actor=actor, invoice=locked, data=data)
        return amount


def add_credit(*, client: Client, amount: Decimal, reason: str, actor: str, now: datetime) -> Decimal:
    """Money received in advance; returns the new balance. Raises PaymentInvalid for an amount that cannot be."""
    _check_correction(client, amount)
    with transaction.atomic():
        locked = lock_client(client.pk)
        return _correct(client, locked, amount, "credit.added", reason=reason, actor=actor, now=now)


def take_credit(*, client: Client, amount: Decimal, reason: str, actor: str, now: datetime) -> Decimal:
    """A correction: credit that was not the client's, or was paid out to them. Returns the new balance.

    Raises PaymentInvalid for an amount that cannot be or a missing reason, NotEnoughCredit rather than go below zero.
    """
    _check_correction(client, amount, reason=reason)
    with transaction.atomic():
        locked = lock_client(client.pk)
        if locked.credit_balance < amount:
            words = _("There is only %(amount)s of credit.")
            raise NotEnoughCredit(words % {"amount": amount_words(locked.credit_balance, locked.currency_id)})
        return _correct(client, locked, -amount, "credit.taken", reason=reason, actor=actor, now=now)


def _check_correction(client: Client, amount: Decimal, *, reason: str | None = None) -> None:
    errors = {}
    if faults := find_amount_faults(amount, precision=client.currency.precision):
        errors["amount"] = faults
    if reason is not None and (fault := find_reason_fault(reason)):
        errors["reason"] = [fault]
    if errors:
        raise PaymentInvalid(errors)


def _correct(
    client: Client, locked: Client, amount: Decimal, name: str, *, reason: str, actor: str, now: datetime
) -> Decimal:
    """Money comes to the credit or, below zero, leaves it."""
    change_credit(locked, amount)
    post(
        name,
        client=locked,
        currency_id=locked.currency_id,
        amounts={Account.CLEARING: amount, Account.CREDIT: -amount},
        now=now,
    )
    record_event(name, now=now, actor=actor, client=locked, data={"amount": str(abs(amount)), "reason": reason})
    client.credit_balance = locked.credit_balance
    return locked.credit_balance
