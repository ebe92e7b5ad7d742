"""What a person decides about a transfer: it pays invoices, becomes credit, or is none of ours. Each counts once."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.locking import lock_client, lock_invoices, lock_services
from billing.actions.payments import (
    InvoiceNotPayable,
    PaymentConflict,
    PaymentInvalid,
    add_credit,
    record_payment,
)
from billing.actions.payments.checking import find_reason_fault, not_payable_words
from billing.models import (
    OPEN_TRANSFERS,
    BankTransfer,
    Client,
    Confidence,
    Invoice,
    MatchReason,
    Payment,
    Service,
    TransferShare,
    TransferStatus,
)

GATEWAY = "bank_transfer"


class TransferRefused(Exception):
    """This cannot be done with the transfer, for a reason in words."""


def choose_invoices(*, transfer: BankTransfer, invoices: Sequence[Invoice], actor: str, now: datetime) -> BankTransfer:
    """What the transfer is to pay, instead of the proposal: each invoice what it needs, the last one all the rest.

    Nothing is recorded yet. Raises TransferRefused.
    """
    with transaction.atomic():
        locked = _lock(transfer)
        _check_open(locked)
        _check_choice(locked, invoices)
        locked.shares.all().delete()
        TransferShare.objects.bulk_create(_shares_of(locked, invoices))
        _propose_by_hand(locked, invoices[0].client)
        numbers = ", ".join(map(str, invoices))
        _record("bank_transfer.chosen", locked, actor=actor, now=now, invoices=numbers)
        return locked


def choose_credit(*, transfer: BankTransfer, client: Client, actor: str, now: datetime) -> BankTransfer:
    """All of it is to become a client's credit. Nothing is recorded yet. Raises TransferRefused."""
    with transaction.atomic():
        locked = _lock(transfer)
        _check_open(locked)
        _check_currency(locked, client)
        locked.shares.all().delete()
        _propose_by_hand(locked, client)
        _record("bank_transfer.chosen", locked, actor=actor, now=now)
        return locked


def confirm_transfer(*, transfer: BankTransfer, actor: str, now: datetime) -> BankTransfer:
    """MATCHED → CONFIRMED: the money is recorded. Pressed again, it changes nothing. Raises TransferRefused."""
    try:
        with transaction.atomic():
            locked = _lock(transfer)
            if locked.status == TransferStatus.CONFIRMED:
                return locked
            if locked.status != TransferStatus.MATCHED or locked.client_id is None:
                raise TransferRefused(_("Nobody has said what this transfer pays: choose an invoice or a client."))
            shares = list(locked.shares.select_related("invoice"))
            if shares:
                _pay(locked, shares, actor=actor, now=now)
            else:
                _credit(locked, actor=actor, now=now)
            _settle(locked, TransferStatus.CONFIRMED, actor=actor, now=now)
            _record("bank_transfer.confirmed", locked, actor=actor, now=now)
            return locked
    except (InvoiceNotPayable, PaymentConflict, PaymentInvalid) as error:
        raise TransferRefused(str(error)) from error


def ignore_transfer(*, transfer: BankTransfer, reason: str, actor: str, now: datetime) -> BankTransfer:
    """It is no payment of a client's. Raises TransferRefused."""
    if fault := find_reason_fault(reason):
        raise TransferRefused(fault)
    with transaction.atomic():
        locked = _lock(transfer)
        _check_open(locked)
        # What it was proposed for is free for other transfers.
        locked.shares.all().delete()
        locked.note = reason
        _settle(locked, TransferStatus.IGNORED, actor=actor, now=now)
        _record("bank_transfer.ignored", locked, actor=actor, now=now, reason=reason)
        return locked


def reopen_transfer(*, transfer: BankTransfer, actor: str, now: datetime) -> BankTransfer:
    """IGNORED → NEW: somebody looks again. Raises TransferRefused."""
    with transaction.atomic():
        locked = _lock(transfer)
        if locked.status != TransferStatus.IGNORED:
            raise TransferRefused(_("This transfer is not left out."))
        locked.status, locked.note, locked.decided_by, locked.decided_at = TransferStatus.NEW, "", "", None
        locked.client, locked.confidence, locked.match_reason = None, "", MatchReason.NOTHING
        locked.save()
        _record("bank_transfer.reopened", locked, actor=actor, now=now)
        return locked


def _lock(transfer: BankTransfer) -> BankTransfer:
    """The transfer as it is now; before the client, whom nobody locks and then a transfer."""
    rows = BankTransfer.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("client__currency").get(pk=transfer.pk)


def _check_open(transfer: BankTransfer) -> None:
    if transfer.status not in OPEN_TRANSFERS:
        words = _("This transfer is decided already: %(status)s.")
        raise TransferRefused(words % {"status": transfer.get_status_display()})


def _check_choice(transfer: BankTransfer, invoices: Sequence[Invoice]) -> None:
    if not invoices:
        raise TransferRefused(_("Choose an invoice."))
    if len({invoice.client_id for invoice in invoices}) > 1:
        raise TransferRefused(_("These invoices are of several clients: a transfer pays those of one."))
    for invoice in invoices:
        if not invoice.is_payable:
            raise TransferRefused(not_payable_words(invoice))
        if invoice.currency_id != transfer.currency:
            words = _("Invoice %(number)s is in %(currency)s; money in another currency cannot pay it.")
            raise TransferRefused(words % {"number": invoice, "currency": invoice.currency_id})
    before = sum((invoice.balance for invoice in invoices[:-1]), Decimal(0))
    if len(set(invoices)) < len(invoices) or transfer.amount <= before:
        raise TransferRefused(_("The transfer does not reach all of these invoices: choose fewer."))


def _check_currency(transfer: BankTransfer, client: Client) -> None:
    if client.currency_id != transfer.currency:
        words = _("%(client)s has credit in %(currency)s; this money is in another currency.")
        raise TransferRefused(words % {"client": client, "currency": client.currency_id})


def _shares_of(transfer: BankTransfer, invoices: Sequence[Invoice]) -> list[TransferShare]:
    amounts = [invoice.balance for invoice in invoices[:-1]]
    amounts.append(transfer.amount - sum(amounts, Decimal(0)))
    return [
        TransferShare(transfer=transfer, invoice=invoice, amount=amount)
        for invoice, amount in zip(invoices, amounts, strict=True)
    ]


def _propose_by_hand(transfer: BankTransfer, client: Client) -> None:
    transfer.status, transfer.client = TransferStatus.MATCHED, client
    transfer.confidence, transfer.match_reason = Confidence.SURE, MatchReason.CHOSEN
    transfer.save(update_fields=["status", "client", "confidence", "match_reason"])


def _pay(transfer: BankTransfer, shares: Sequence[TransferShare], *, actor: str, now: datetime) -> None:
    """A payment for each share; everything is locked before the first one takes an invoice number."""
    client = lock_client(shares[0].invoice.client_id)
    ids = [share.invoice_id for share in shares]
    for invoice in lock_invoices(client, ids):
        if not invoice.is_payable:
            raise TransferRefused(not_payable_words(invoice))
    lock_services(Service.objects.filter(invoice_lines__invoice__in=ids))
    for share in shares:
        share.payment = record_payment(
            invoice=share.invoice,
            gateway=GATEWAY,
            reference=_payment_reference(transfer, share, is_only=len(shares) == 1),
            amount=share.amount,
            currency=transfer.currency,
            actor=actor,
            now=now,
        )
        share.save(update_fields=["payment"])


def _payment_reference(transfer: BankTransfer, share: TransferShare, *, is_only: bool) -> str:
    """The bank's, so that what was recorded by hand is found; that another transfer has the same does not matter."""
    reference = transfer.reference if is_only else f"{transfer.reference}#{share.invoice_id}"
    of_another = Payment.objects.filter(gateway=GATEWAY, reference=reference, transfer_share__isnull=False)
    return f"{reference} ({transfer.pk})" if of_another.exists() else reference


def _credit(transfer: BankTransfer, *, actor: str, now: datetime) -> None:
    assert transfer.client is not None
    _check_currency(transfer, transfer.client)
    reason = _("Bank transfer %(reference)s") % {"reference": transfer.reference}
    add_credit(client=transfer.client, amount=transfer.amount, reason=reason[:255], actor=actor, now=now)


def _settle(transfer: BankTransfer, status: TransferStatus, *, actor: str, now: datetime) -> None:
    transfer.status, transfer.decided_by, transfer.decided_at = status, actor[:150], now
    transfer.save(update_fields=["status", "decided_by", "decided_at", "note"])


def _record(name: str, transfer: BankTransfer, *, actor: str, now: datetime, **more: str) -> None:
    data = {
        "transfer": transfer.pk,
        "reference": transfer.reference,
        "amount": str(transfer.amount),
        "currency": transfer.currency,
        **more,
    }
    record_event(name, now=now, actor=actor, client=transfer.client, data=data)
