"""The part of a document that says how to pay it by bank."""

from decimal import Decimal
from typing import Final

from babel.numbers import format_decimal

from billing.documents.codes import payment_code
from billing.documents.paper import Fact, Transfer
from billing.documents.parties import with_parties
from billing.documents.style import Style
from billing.documents.words import known_language
from billing.models import Invoice
from billing.queries.transfers import TransferAccount, transfer_account, transfer_text

# Russian banks want the purpose in Russian, with the tax that the sum holds; it is written without the sign of the
# ruble, which payment orders do not know.
RUSSIAN: Final = "ru"
_PURPOSE: Final = "Оплата по счёту № {number} от {day}"
_WITH_TAX: Final = ", в том числе {tax} {amount} руб."
_WITHOUT_TAX: Final = ", без НДС"


def find_transfer(invoice: Invoice, *, language: str | None) -> Transfer | None:
    """The same for a page in a reader's language instead of a document in its own."""
    style = Style(known_language(language or ""), invoice.currency_id)
    return transfer_of(with_parties(invoice), style) if invoice.is_payable else None


def transfer_of(invoice: Invoice, style: Style) -> Transfer | None:
    """How to transfer the balance; None while nothing is awaited, or where nobody told us an account."""
    if not invoice.is_payable or invoice.balance <= 0:
        return None
    account = transfer_account(invoice)
    if account is None:
        text = transfer_text()
        return Transfer(text=text, purpose=invoice.display_number) if text else None
    seller = invoice.seller
    tax_id, kpp = str(seller.get("tax_id", "")), str(seller.get("kpp", ""))
    purpose = _russian_purpose(invoice) if account.is_russian else invoice.display_number
    return Transfer(
        account=account,
        facts=_facts(account, tax_id=tax_id, kpp=kpp, style=style),
        tax_id=tax_id,
        kpp=kpp,
        purpose=purpose,
        code=payment_code(
            account,
            amount=invoice.balance,
            reference=invoice.display_number,
            purpose=purpose,
            tax_id=tax_id,
            kpp=kpp,
        ),
        is_form=account.is_russian and style.language == RUSSIAN,
    )


def _facts(account: TransferAccount, *, tax_id: str, kpp: str, style: Style) -> tuple[Fact, ...]:
    words = style.words
    facts = [
        Fact(words.holder, account.holder),
        Fact("IBAN" if account.is_iban else words.account, account.shown_number),
        Fact(words.bank, account.bank),
        Fact(words.bik if account.is_russian else words.bic, account.bic),
        Fact(words.correspondent, account.correspondent),
    ]
    if account.is_russian:
        facts[1:1] = [Fact("ИНН", tax_id), Fact("КПП", kpp)]
    return tuple(fact for fact in facts if fact.value)


def _russian_purpose(invoice: Invoice) -> str:
    style = Style(RUSSIAN, invoice.currency_id)
    purpose = _PURPOSE.format(number=invoice.display_number, day=style.day(invoice.issue_date))
    if invoice.balance != invoice.total:
        return purpose  # of a part nobody can say which tax it holds
    taxes = [_WITH_TAX.format(tax=style.tax(tax.name, tax.percent), amount=_plain(tax.amount)) for tax in invoice.taxes]
    return purpose + ("".join(taxes) or _WITHOUT_TAX)


def _plain(amount: Decimal) -> str:
    return format_decimal(amount, format="0.00", locale=RUSSIAN)
