"""ISO 20022 messages of an account: statements (camt.053), reports (camt.052), notifications (camt.054).

All versions are read alike, by the names of elements. Only money that came and is booked counts.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from billing.models import StatementFormat
from billing.queries.bank_numbers import compact
from billing.statements.safe_xml import Element, parse_xml
from billing.statements.transfers import (
    IncomingTransfer,
    StatementFile,
    StatementUnreadable,
    Warned,
    one_line,
    read_amount,
)
from billing.statements.warnings import EMPTY, REVERSED

_STATEMENTS: Final = ("BkToCstmrStmt/Stmt", "BkToCstmrAcctRpt/Rpt", "BkToCstmrDbtCdtNtfctn/Ntfctn")
_BOOKED: Final = "BOOK"
_NOT_GIVEN: Final = frozenset(("", "NOTPROVIDED", "NOT PROVIDED", "NONREF"))


def read_camt(content: bytes) -> StatementFile:
    """The incoming transfers of all accounts in the file. Raises StatementUnreadable."""
    root = parse_xml(content)
    statements = [found for path in _STATEMENTS for found in root.all(path)]
    if root.name != "Document" or not statements:
        raise StatementUnreadable(_("This XML is no CAMT statement (camt.052, camt.053 or camt.054)."))
    accounts: dict[str, None] = {}
    transfers: list[IncomingTransfer] = []
    notes = _Notes()
    for statement in statements:
        account = compact(statement.read("Acct/Id/IBAN", "Acct/Id/Othr/Id"))
        if not account:
            raise StatementUnreadable(_("The statement names no account."), line=statement.line)
        accounts[account] = None
        for entry in statement.all("Ntry"):
            transfers += _read_entry(entry, account, notes)
    return StatementFile(StatementFormat.CAMT, tuple(accounts), tuple(transfers), notes.warnings())


class _Notes:
    """What was left out and should be known."""

    reversed = empty = 0

    def warnings(self) -> tuple[Warned, ...]:
        """Those that there is something to say about."""
        return tuple((code, count) for code, count in ((REVERSED, self.reversed), (EMPTY, self.empty)) if count)


def _read_entry(entry: Element, account: str, notes: _Notes) -> Iterator[IncomingTransfer]:
    if (entry.read("Sts/Cd", "Sts") or _BOOKED) != _BOOKED:
        return
    is_reversal = entry.read("RvslInd") in ("true", "1")
    if entry.read("CdtDbtInd") != "CRDT":
        notes.reversed += is_reversal
        return
    if is_reversal:  # our own payment that came back
        return
    amount, currency = _amount_of(entry)
    if amount == 0:
        notes.empty += 1
        return
    day, reference = _day_of(entry), _reference(entry.read("AcctSvcrRef"))
    details = list(entry.all("NtryDtls/TxDtls"))
    amounts = [_own_amount(one, currency) for one in details]
    if len(details) > 1 and None not in amounts and sum(filter(None, amounts)) == amount:
        for number, (one, share) in enumerate(zip(details, amounts, strict=True), start=1):
            own = _reference(one.read("Refs/AcctSvcrRef"))
            if own == reference and reference:
                own = ""
            batch = f"{reference}/{number}" if reference else ""
            if share is not None and share > 0:
                yield _transfer(one, entry, account, share, currency, day, own or batch)
        return
    only = details[0] if len(details) == 1 else entry
    reference = _reference(only.read("Refs/AcctSvcrRef")) or reference
    yield _transfer(only, entry, account, amount, currency, day, reference)


def _transfer(
    one: Element, entry: Element, account: str, amount: Decimal, currency: str, day: date, reference: str
) -> IncomingTransfer:
    return IncomingTransfer(
        account=account,
        amount=amount,
        currency=currency,
        booked_on=day,
        reference=reference,
        purpose=_purpose_of(one, entry),
        payer_name=one_line(one.read("RltdPties/Dbtr/Pty/Nm", "RltdPties/Dbtr/Nm", "RltdPties/UltmtDbtr/Nm")),
        payer_account=compact(one.read("RltdPties/DbtrAcct/Id/IBAN", "RltdPties/DbtrAcct/Id/Othr/Id"))[:34],
        payer_tax_id=one.read(
            "RltdPties/Dbtr/Pty/Id/OrgId/Othr/Id",
            "RltdPties/Dbtr/Id/OrgId/Othr/Id",
            "RltdPties/Dbtr/Pty/Id/PrvtId/Othr/Id",
            "RltdPties/Dbtr/Id/PrvtId/Othr/Id",
        )[:30],
    )


def _purpose_of(one: Element, entry: Element) -> str:
    """Everything that the payer may have written: free text, creditor references, the end-to-end id."""
    inside = [one] if one is not entry else list(entry.all("NtryDtls/TxDtls"))
    texts: list[str] = []
    for part in inside:
        texts += [found.text for found in part.all("RmtInf/Ustrd")]
        texts += [found.text for found in part.all("RmtInf/Strd/CdtrRefInf/Ref")]
        texts += [found.text for found in part.all("RmtInf/Strd/RfrdDocInf/Nb")]
        texts += [found.text for found in part.all("RmtInf/Strd/AddtlRmtInf")]
        texts += [_reference(part.read("Refs/EndToEndId")), part.read("AddtlTxInf")]
    texts = [one_line(text) for text in texts] or [""]
    words = " · ".join(dict.fromkeys(text for text in texts if text))
    return words or one_line(entry.read("AddtlNtryInf"))


def _amount_of(element: Element) -> tuple[Decimal, str]:
    found = element.find("Amt")
    if found is None:
        raise StatementUnreadable(_("An entry has no amount."), line=element.line)
    currency = found.attributes.get("Ccy", "")
    if len(currency) != 3:
        raise StatementUnreadable(_("An amount has no currency."), line=found.line)
    return read_amount(found.text, line=found.line), currency


def _own_amount(one: Element, currency: str) -> Decimal | None:
    """What one transaction of a batch adds to the account; None where it does not say so in the account's currency."""
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        found = one.find(path)
        if found is not None and found.attributes.get("Ccy") == currency:
            amount = read_amount(found.text, line=found.line)
            return -amount if one.read("CdtDbtInd") == "DBIT" else amount
    return None


def _day_of(entry: Element) -> date:
    text = entry.read("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise StatementUnreadable(_("An entry has no date."), line=entry.line) from error


def _reference(text: str) -> str:
    return "" if text.upper() in _NOT_GIVEN else text
