"""QR codes that fill in a bank transfer: GOST R 56042-2014 for Russian accounts, EPC069-12 for euros within SEPA."""

from decimal import Decimal
from typing import Final

import segno
from django.utils.safestring import SafeString, mark_safe

from billing.queries.bank_numbers import compact, is_russian_account, is_russian_correspondent, is_swift
from billing.queries.transfers import TransferAccount

EPC_CURRENCY: Final = "EUR"
EPC_BYTES: Final = 331  # what a code of version 13 holds
EPC_MOST: Final = Decimal("999999999.99")
# GOST R 56042-2014 has the separator of fields nowhere else; banks' programs know no other one.
SEPARATOR: Final = "|"
_LENGTHS: Final = {"Name": 160, "BankName": 45, "PayeeINN": 12, "KPP": 9, "Purpose": 210}


def payment_code(
    account: TransferAccount, *, amount: Decimal, reference: str, purpose: str, tax_id: str = "", kpp: str = ""
) -> str:
    """What the QR code of a transfer of `amount` holds; "" for currencies without a code and where data are missing.

    `reference` is what a payment is found by, `purpose` the same in a sentence with what Russian banks want to know.
    """
    if account.is_russian:
        return russian_code(account, amount=amount, purpose=purpose, tax_id=tax_id, kpp=kpp)
    if account.currency == EPC_CURRENCY:
        return epc_code(account, amount=amount, reference=reference)
    return ""


def russian_code(account: TransferAccount, *, amount: Decimal, purpose: str, tax_id: str = "", kpp: str = "") -> str:
    """ST00012 (format ST, version 1, UTF-8): five fields that must be there, then who gets it, how much and why."""
    kopecks = amount * 100
    number, correspondent = compact(account.number), compact(account.correspondent)
    is_whole = (
        is_russian_account(number, bik=account.bic)
        and is_russian_correspondent(correspondent, bik=account.bic)
        and kopecks > 0
        and kopecks == int(kopecks)
    )
    fields = {
        "Name": account.holder,
        "PersonalAcc": number,
        "BankName": account.bank,
        "BIC": account.bic,
        "CorrespAcc": correspondent,
    }
    fields = {name: _fit(value, _LENGTHS.get(name)) for name, value in fields.items()}
    if not is_whole or not all(fields.values()):
        return ""
    more = {"PayeeINN": tax_id, "KPP": kpp, "Sum": str(int(kopecks)), "Purpose": purpose}
    fields |= {name: text for name, value in more.items() if (text := _fit(value, _LENGTHS.get(name)))}
    return SEPARATOR.join(["ST00012", *(f"{name}={value}" for name, value in fields.items())])


def epc_code(account: TransferAccount, *, amount: Decimal, reference: str) -> str:
    """BCD, version 2, UTF-8: a SEPA transfer to an IBAN. The BIC may be left out within the EEA.

    A holder too long for the code loses its end; account, amount and reference never do.
    """
    cents = amount * 100
    if not account.is_iban or not 0 < amount <= EPC_MOST or cents != int(cents):
        return ""
    bic = compact(account.bic)
    before = ("BCD", "002", "1", "SCT", bic if is_swift(bic) else "")
    # The two empty ones: a code of purpose, and a structured reference.
    after = (compact(account.number), f"{EPC_CURRENCY}{amount:.2f}", "", "", _shorten(_one_line(reference), 140))
    room = EPC_BYTES - len("\n".join([*before, "", *after]).encode())
    holder = _shorten(_one_line(account.holder)[:70], room).strip()
    return "\n".join([*before, holder, *after]).rstrip("\n") if holder else ""


def draw_code(code: str) -> SafeString:
    """The code as SVG in the size of its surroundings, error correction M as both standards want it."""
    drawing = segno.make_qr(code, error="m", boost_error=False, encoding="utf-8")
    svg = drawing.svg_inline(border=0, omitsize=True, svgclass="code", lineclass=None)
    return mark_safe(svg)  # noqa: S308  made of numbers, not of texts


def _fit(value: str, length: int | None) -> str:
    return _one_line(value).replace(SEPARATOR, "/")[:length].strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _shorten(text: str, most: int) -> str:
    """At most so many bytes; the end goes, never half a letter."""
    return text.encode()[:most].decode(errors="ignore")
