"""Statements as banks write them."""

from collections.abc import Iterable

IBAN = "DE89370400440532013000"
RUSSIAN = "40702810900000000001"


def entry(
    amount: str = "15.00",
    text: str = "PRO-1",
    *,
    reference: str = "",
    currency: str = "EUR",
    side: str = "CRDT",
    status: str = "<Sts>BOOK</Sts>",
    extra: str = "",
    name: str = "Anna Berg",
    account: str = "DE02120300000000202051",
) -> str:
    own = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    return f"""<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{extra}{status}
    <BookgDt><Dt>2026-11-27</Dt></BookgDt><ValDt><Dt>2026-11-28</Dt></ValDt>{own}
    <NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
    <RltdPties><Dbtr><Nm>{name}</Nm></Dbtr><DbtrAcct><Id><IBAN>{account}</IBAN></Id></DbtrAcct></RltdPties>
    <RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"""


def camt(*entries: str, account: str = IBAN, version: str = "053.001.02", kind: str = "BkToCstmrStmt/Stmt") -> bytes:
    outer, inner = kind.split("/")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{version}"><{outer}><GrpHdr><MsgId>1</MsgId></GrpHdr>
<{inner}><Id>S1</Id><Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>
{"".join(entries)}</{inner}></{outer}></Document>""".encode()


def document(amount: str = "1500.00", text: str = "Оплата по счету PRO-1", **changes: str) -> str:
    values = {
        "Номер": "17",
        "Дата": "26.11.2026",
        "Сумма": amount,
        "ПлательщикСчет": "40702810100000000099",
        "ПлательщикИНН": "7707083893",
        "Плательщик1": "ООО Ромашка",
        "ПолучательСчет": RUSSIAN,
        "ДатаПоступило": "27.11.2026",
        "НазначениеПлатежа": text,
        **changes,
    }
    lines = "\n".join(f"{name}={value}" for name, value in values.items() if value != "-")
    return f"СекцияДокумент=Платежное поручение\n{lines}\nКонецДокумента\n"


def client_bank(*documents: str, encoding: str = "cp1251", account: str = RUSSIAN, mark: str = "Windows") -> bytes:
    return _client_bank(documents, account=account, mark=mark).replace("\n", "\r\n").encode(encoding)


def _client_bank(documents: Iterable[str], *, account: str, mark: str) -> str:
    return (
        f"1CClientBankExchange\nВерсияФормата=1.03\nКодировка={mark}\nДатаНачала=01.11.2026\nДатаКонца=30.11.2026\n"
        f"РасчСчет={account}\nСекцияРасчСчет\nДатаНачала=01.11.2026\nРасчСчет={account}\nКонецРасчСчет\n"
        f"{''.join(documents)}КонецФайла\n"
    )
