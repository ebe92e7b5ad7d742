"""Files from banks, read or refused in words."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from billing.statements.reading import LARGEST_FILE, read_statement
from billing.statements.transfers import IncomingTransfer, StatementUnreadable
from tests.billing.statements.files import IBAN, RUSSIAN, camt, client_bank, document, entry


def read(content: bytes) -> tuple[IncomingTransfer, ...]:
    return read_statement(content).transfers


@pytest.mark.parametrize(
    ("version", "kind", "status"),
    [
        ("053.001.02", "BkToCstmrStmt/Stmt", "<Sts>BOOK</Sts>"),
        ("053.001.08", "BkToCstmrStmt/Stmt", "<Sts><Cd>BOOK</Cd></Sts>"),
        ("052.001.06", "BkToCstmrAcctRpt/Rpt", "<Sts>BOOK</Sts>"),
        ("054.001.08", "BkToCstmrDbtCdtNtfctn/Ntfctn", ""),
    ],
)
def test_every_camt_message(version: str, kind: str, status: str) -> None:
    found = read(camt(entry(reference="R1", status=status), version=version, kind=kind))
    assert found == (
        IncomingTransfer(
            account=IBAN,
            amount=Decimal("15.00"),
            currency="EUR",
            booked_on=date(2026, 11, 27),
            reference="R1",
            purpose="PRO-1",
            payer_name="Anna Berg",
            payer_account="DE02120300000000202051",
        ),
    )


def test_only_money_that_came_and_is_booked() -> None:
    reversal = "<RvslInd>true</RvslInd>"
    found = read_statement(
        camt(
            entry(text="good"),
            entry(side="DBIT"),
            entry(status="<Sts>PDNG</Sts>"),
            entry(extra=reversal),
            entry(side="DBIT", extra=reversal),
            entry("0.00"),
        )
    )
    assert [one.purpose for one in found.transfers] == ["good"]
    assert found.warnings == (("reversed", 1), ("empty", 1))


def batch(total: str, *parts: str, side: str = "") -> str:
    details = "".join(
        f"<TxDtls>{side}<AmtDtls><TxAmt><Amt Ccy='EUR'>{part}</Amt></TxAmt></AmtDtls>"
        f"<RmtInf><Strd><CdtrRefInf><Ref>RF{number}</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>"
        for number, part in enumerate(parts)
    )
    return (
        f"<Ntry><Amt Ccy='EUR'>{total}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>"
        f"<BookgDt><DtTm>2026-11-27T10:00:00</DtTm></BookgDt><AcctSvcrRef>B1</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry>"
    )


def test_a_batch_is_its_transfers() -> None:
    found = [(one.amount, one.reference, one.purpose) for one in read(camt(batch("30.00", "10.00", "20.00")))]
    assert found == [(Decimal("10.00"), "B1/1", "RF0"), (Decimal("20.00"), "B1/2", "RF1")]


def test_a_batch_that_does_not_add_up_is_one_transfer() -> None:
    found = [(one.amount, one.reference, one.purpose) for one in read(camt(batch("29.00", "10.00", "20.00")))]
    assert found == [(Decimal("29.00"), "B1", "RF0 · RF1")]


@pytest.mark.parametrize(("encoding", "mark"), [("cp1251", "Windows"), ("utf-8", "Windows"), ("cp866", "DOS")])
def test_a_client_bank_file_in_each_encoding(encoding: str, mark: str) -> None:
    assert read(client_bank(document(), encoding=encoding, mark=mark)) == (
        IncomingTransfer(
            account=RUSSIAN,
            amount=Decimal("1500.00"),
            currency="RUB",
            booked_on=date(2026, 11, 27),
            reference="17/2026-11-27/40702810100000000099",
            purpose="Оплата по счету PRO-1",
            payer_name="ООО Ромашка",
            payer_account="40702810100000000099",
            payer_tax_id="7707083893",
        ),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"ПолучательСчет": "40702810900000000002"},  # money that left
        {"ДатаПоступило": ""},  # not here yet
        {"amount": "0.00"},
    ],
)
def test_what_did_not_come_is_left_out(changes: Any) -> None:
    assert read(client_bank(document(**changes))) == ()


def test_elements_by_the_million_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.statements.safe_xml._MOST_ELEMENTS", 30)
    with pytest.raises(StatementUnreadable, match="more elements than"):
        read(camt(entry(), entry()))


def test_what_no_database_keeps_is_taken_out() -> None:
    (found,) = read(client_bank(document(text="PRO\x00-1")))
    assert found.purpose == "PRO-1"


def test_older_names_and_parts_of_the_purpose() -> None:
    changes = {
        "ПолучательСчет": "-",
        "ПолучательРасчСчет": RUSSIAN,
        "ДатаПоступило": "-",
        "НазначениеПлатежа1": "Оплата",
        "НазначениеПлатежа2": "PRO-7",
        "Плательщик1": "ИНН 7707083893 ООО Ромашка",
    }
    (found,) = read(client_bank(document(text="", amount="10,5", **changes)))
    assert (found.amount, found.purpose, found.payer_name) == (Decimal("10.5"), "Оплата PRO-7", "ООО Ромашка")
    assert found.booked_on == date(2026, 11, 26)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;">]>
<Document>&lol2;</Document>"""
CUT = client_bank(document()).split("КонецДокумента".encode("cp1251"))[0]


@pytest.mark.parametrize(
    ("content", "english", "russian"),
    [
        (b" \n", "The file is empty.", "Файл пуст."),
        (b"\x00\x01\x02", "neither a CAMT file", "не файл CAMT"),
        (b"<Document><a></Document>", "Line 1: This is not well-formed XML.", "Строка 1: это не XML"),
        (b"<html></html>", "no CAMT statement", "не выписка CAMT"),
        (BOMB, "no document type", "типа документа"),
        (b"<!DOCTYPE a><Document/>", "no document type", "типа документа"),
        (b"<a>" * 70 + b"</a>" * 70, "nested too deep", "слишком глубоко"),
        (b'<?xml version="1.0" encoding="x-none"?><Document/>', "encoding", "Кодировка"),
        (camt(entry("1e999")), "is no amount", "не сумма"),
        (camt(entry("-5.00")), "is no amount", "не сумма"),
        (camt(entry(currency="")), "has no currency", "без валюты"),
        (camt(entry().replace("2026-11-2", "soon")), "has no date", "без даты"),
        (camt(account=""), "names no account", "не назван счёт"),
        (client_bank(document(amount="сто")), "Line 14: “сто” is no amount.", "Строка 14: «сто» — не сумма."),
        (client_bank(document(ДатаПоступило="2026-11-27")), "is no date (ДатаПоступило)", "не дата"),
        (client_bank(document(Сумма="-")), "has no amount (Сумма)", "нет суммы"),
        (CUT, "Line 11: The document that begins here has no end", "Строка 11: у документа"),
        (client_bank(document(), account=""), "names no account", "нет счёта"),
        (client_bank(document(), encoding="koi8-r"), "Its encoding may be another", "кодировка"),
        (b"<" + b" " * LARGEST_FILE, "larger than 10 MB", "больше 10 МБ"),
    ],
)
def test_a_bad_file_is_refused_in_words(content: bytes, english: str, russian: str) -> None:
    with pytest.raises(StatementUnreadable) as refused:
        read_statement(content)
    assert english in refused.value.reason
    with override("ru"), pytest.raises(StatementUnreadable) as refused:
        read_statement(content)
    assert russian in refused.value.reason
