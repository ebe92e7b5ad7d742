"""Statements of the bank: a file becomes transfers, each once, with proposals of what they pay."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.models import (
    OPEN_TRANSFERS,
    BankAccount,
    BankStatement,
    BankTransfer,
    MatchReason,
    TransferShare,
    TransferStatus,
)
from billing.queries.bank_numbers import compact
from billing.statements.matching import Payer, Proposal, propose
from billing.statements.reading import read_statement
from billing.statements.scene import read_scene
from billing.statements.transfers import IncomingTransfer, StatementFile, StatementUnreadable
from billing.statements.warnings import FOREIGN, NO_ACCOUNT

BATCH: Final = 500
_LONGEST_NAME: Final = 300


class StatementRefused(Exception):
    """The file is not taken: it cannot be read, or tells of an account of somebody else."""


class StatementKnown(StatementRefused):
    """This very file was read before, as `statement`."""

    def __init__(self, statement: BankStatement) -> None:
        words = _("This file was read already on %(day)s: nothing is counted twice.")
        super().__init__(words % {"day": date_format(localtime(statement.uploaded_at), "SHORT_DATE_FORMAT")})
        self.statement = statement


def import_statement(*, content: bytes, file_name: str, actor: str, now: datetime) -> BankStatement:
    """Reads a file and proposes what its transfers pay; those that an earlier statement told are left out.

    No money is recorded: people confirm. Raises StatementRefused, StatementKnown.
    """
    digest = sha256(content).hexdigest()
    if (known := BankStatement.objects.filter(digest=digest).first()) is not None:
        raise StatementKnown(known)
    try:
        found = read_statement(content)
    except StatementUnreadable as error:
        raise StatementRefused(error.reason) from error
    found = _of_our_accounts(found)
    try:
        with transaction.atomic():
            return _write(found, digest=digest, file_name=file_name, actor=actor, now=now)
    except IntegrityError:
        # Somebody else read the same file at the same moment.
        known = BankStatement.objects.filter(digest=digest).first()
        if known is None:
            raise
        raise StatementKnown(known) from None


def _of_our_accounts(found: StatementFile) -> StatementFile:
    """Without what belongs to accounts that nobody set up. Raises StatementRefused where that is all."""
    ours = {compact(number) for number in BankAccount.objects.values_list("number", flat=True)}
    foreign = [account for account in found.accounts if account not in ours]
    if not foreign:
        return found
    names = ", ".join(foreign)
    if not ours:
        return replace(found, warnings=(*found.warnings, (NO_ACCOUNT, names)))
    if len(foreign) == len(found.accounts):
        words = _("The statement is of account %(accounts)s, which is none of yours. Yours: %(ours)s.")
        raise StatementRefused(words % {"accounts": names, "ours": ", ".join(sorted(ours))})
    return replace(
        found,
        accounts=tuple(account for account in found.accounts if account in ours),
        transfers=tuple(one for one in found.transfers if one.account in ours),
        warnings=(*found.warnings, (FOREIGN, names)),
    )


def _write(found: StatementFile, *, digest: str, file_name: str, actor: str, now: datetime) -> BankStatement:
    statement = BankStatement.objects.create(
        file_name=file_name.replace("\x00", "")[-200:] or "-",
        digest=digest,
        format=found.format,
        accounts=", ".join(found.accounts)[:300],
        transfers_found=len(found.transfers),
        warnings=list(found.warnings),
        uploaded_by=actor[:150],
        uploaded_at=now,
    )
    # What is there already stays as it is, whoever wrote it and however far it was decided.
    BankTransfer.objects.bulk_create(_rows(statement, found.transfers), ignore_conflicts=True, batch_size=BATCH)
    new = list(statement.transfers.order_by("pk"))
    statement.transfers_known = len(found.transfers) - len(new)
    statement.save(update_fields=["transfers_known"])
    _propose(new)
    data = {"file": statement.file_name, "transfers": len(new), "known": statement.transfers_known}
    record_event("bank_statement.imported", now=now, actor=actor, data=data)
    return statement


def _rows(statement: BankStatement, transfers: Iterable[IncomingTransfer]) -> list[BankTransfer]:
    times: Counter[str] = Counter()
    rows = []
    for one in transfers:
        content = _content_of(one)
        times[content] += 1
        ordinal = times[content]
        reference = one.reference or f"#{sha256(content.encode()).hexdigest()[:16]}"
        rows.append(
            BankTransfer(
                statement=statement,
                account=one.account[:34],
                key=sha256(f"{content}\n{ordinal}".encode()).hexdigest(),
                reference=reference[:140] + (f"/{ordinal}" if ordinal > 1 else ""),
                booked_on=one.booked_on,
                amount=one.amount,
                currency=one.currency,
                payer_name=one.payer_name[:_LONGEST_NAME],
                payer_account=one.payer_account,
                payer_tax_id=one.payer_tax_id,
                purpose=one.purpose,
            )
        )
    return rows


def _content_of(one: IncomingTransfer) -> str:
    """What is the same in every statement that tells of a transfer; the bank's own reference where there is one."""
    facts = [one.account, one.currency, f"{one.amount.normalize():f}"]
    if one.reference:
        return "\n".join([*facts, one.reference])
    return "\n".join([*facts, one.booked_on.isoformat(), one.payer_account, one.payer_name, one.purpose])


def match_again(*, transfers: Iterable[BankTransfer], actor: str, now: datetime) -> int:
    """Proposes anew for transfers that nobody has decided on; returns for how many there is a proposal now."""
    with transaction.atomic():
        rows = BankTransfer.objects.select_for_update(no_key=True).filter(
            pk__in=[transfer.pk for transfer in transfers], status__in=OPEN_TRANSFERS
        )
        waiting = [one for one in rows.order_by("pk") if one.match_reason != MatchReason.CHOSEN]
        TransferShare.objects.filter(transfer__in=waiting).delete()
        proposed = _propose(waiting)
        data = {"transfers": len(waiting), "proposed": proposed}
        record_event("bank_transfer.matched", now=now, actor=actor, data=data)
    return proposed


def _propose(transfers: Sequence[BankTransfer]) -> int:
    """Writes the likeliest use of each; a constant number of queries, plus one for each 500 rows written."""
    if not transfers:
        return 0
    scene = read_scene(transfers)
    shares: list[TransferShare] = []
    for transfer in transfers:
        found = propose(_payer_of(transfer), scene)
        _take_over(transfer, found)
        shares += [TransferShare(transfer=transfer, invoice_id=pk, amount=amount) for pk, amount in found.shares]
    BankTransfer.objects.bulk_update(transfers, ["status", "confidence", "match_reason", "client_id"], batch_size=BATCH)
    TransferShare.objects.bulk_create(shares, batch_size=BATCH)
    return sum(one.status == TransferStatus.MATCHED for one in transfers)


def _payer_of(transfer: BankTransfer) -> Payer:
    return Payer(
        amount=transfer.amount,
        currency=transfer.currency,
        purpose=transfer.purpose,
        name=transfer.payer_name,
        account=transfer.payer_account,
        tax_id=transfer.payer_tax_id,
    )


def _take_over(transfer: BankTransfer, found: Proposal) -> None:
    transfer.status = TransferStatus.NEW if found.client_id is None else TransferStatus.MATCHED
    transfer.confidence = found.confidence or ""
    transfer.match_reason = found.reason
    transfer.client_id = found.client_id
