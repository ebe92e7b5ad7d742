"""The text file that 1C exchanges with client banks (1CClientBankExchange): `key=value` lines in sections."""

import codecs
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from django.utils.translation import gettext as _

from billing.models import StatementFormat
from billing.queries.bank_numbers import compact
from billing.statements.transfers import (
    IncomingTransfer,
    StatementFile,
    StatementUnreadable,
    one_line,
    read_amount,
)
from billing.statements.warnings import EMPTY

MARK: Final = "1CClientBankExchange"
_DOS: Final = re.compile(r"^Кодировка\s*=\s*DOS", re.MULTILINE)
_CURRENCIES: Final = {"810": "RUB", "643": "RUB", "840": "USD", "978": "EUR", "156": "CNY", "398": "KZT", "933": "BYN"}


@dataclass(slots=True)
class _Document:
    line: int
    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def read(self, *names: str) -> str:
        return next((value for name in names if (value := self.values.get(name, ""))), "")

    def line_of(self, name: str) -> int:
        return self.lines.get(name, self.line)


def read_client_bank(content: bytes) -> StatementFile:
    """The transfers that came to the accounts of the file. Raises StatementUnreadable."""
    # No database keeps a NUL.
    lines = _decode(content).replace("\x00", "").splitlines()
    if not lines or lines[0].strip() != MARK:
        raise StatementUnreadable(_("The file does not begin with 1CClientBankExchange."), line=1)
    accounts, documents = _read_sections(lines)
    if not accounts:
        raise StatementUnreadable(_("The file names no account (РасчСчет). Its encoding may be another."))
    found = [one for document in documents if (one := _read_document(document, accounts)) is not None]
    transfers = tuple(one for one in found if one.amount)
    empty = len(found) - len(transfers)
    return StatementFile(StatementFormat.CLIENT_BANK, accounts, transfers, ((EMPTY, empty),) if empty else ())


def _decode(content: bytes) -> str:
    """Windows-1251 by the standard, UTF-8 as some banks write it, code page 866 where the file says DOS."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        dos = content.decode("cp866")
        return dos if _DOS.search(dos) else content.decode("cp1251", "replace")


def _read_sections(lines: list[str]) -> tuple[tuple[str, ...], list[_Document]]:
    accounts: dict[str, None] = {}
    documents: list[_Document] = []
    document: _Document | None = None
    for number, text in enumerate(lines, start=1):
        name, _equals, value = (part.strip() for part in text.partition("="))
        if name == "СекцияДокумент":
            if document is not None:
                raise StatementUnreadable(_("A document begins within another."), line=number)
            document = _Document(number)
        elif name == "КонецДокумента":
            if document is None:
                raise StatementUnreadable(_("A document ends that never began."), line=number)
            documents.append(document)
            document = None
        elif document is not None:
            document.values[name] = value
            document.lines[name] = number
        elif name == "РасчСчет" and value:
            accounts[compact(value)] = None
    if document is not None:
        raise StatementUnreadable(
            _("The document that begins here has no end: the file is cut off."), line=document.line
        )
    return tuple(accounts), documents


def _read_document(document: _Document, accounts: Collection[str]) -> IncomingTransfer | None:
    """None for money that left, or has not come yet."""
    account = compact(document.read("ПолучательСчет", "ПолучательРасчСчет"))
    payer_account = compact(document.read("ПлательщикСчет", "ПлательщикРасчСчет"))
    if account not in accounts or payer_account == account:
        return None
    if "ДатаПоступило" in document.values and not document.values["ДатаПоступило"]:
        return None
    if "Сумма" not in document.values:
        raise StatementUnreadable(_("The document has no amount (Сумма)."), line=document.line)
    day = _day_of(document)
    number = document.read("Номер")
    payer_tax_id = document.read("ПлательщикИНН")
    return IncomingTransfer(
        account=account,
        amount=read_amount(document.values["Сумма"], line=document.line_of("Сумма")),
        currency=_CURRENCIES.get(account[5:8], "RUB"),
        booked_on=day,
        # Payers number their orders themselves: only with the day and the payer is a number somebody's.
        reference=f"{number or '-'}/{day:%Y-%m-%d}/{payer_account or payer_tax_id or '-'}"[:100],
        purpose=_purpose_of(document.values),
        payer_name=_payer_name(document),
        payer_account=payer_account[:34],
        payer_tax_id=payer_tax_id[:30],
    )


def _day_of(document: _Document) -> date:
    for name in ("ДатаПоступило", "Дата"):
        if text := document.read(name):
            try:
                return datetime.strptime(text, "%d.%m.%Y").date()  # noqa: DTZ007  a day has no zone
            except ValueError as error:
                words = _("“%(text)s” is no date (%(name)s): dd.mm.yyyy is.")
                line = document.line_of(name)
                raise StatementUnreadable(words % {"text": text[:50], "name": name}, line=line) from error
    raise StatementUnreadable(_("The document has no date (Дата)."), line=document.line)


def _payer_name(document: _Document) -> str:
    """The name alone: some banks put the tax number before it."""
    name = one_line(document.read("Плательщик1", "Плательщик"))
    return re.sub(r"^ИНН\s*\d+\s*", "", name)


def _purpose_of(values: Mapping[str, str]) -> str:
    whole = values.get("НазначениеПлатежа", "")
    parts = [values.get(f"НазначениеПлатежа{number}", "") for number in range(1, 7)]
    return one_line(whole or " ".join(parts))
