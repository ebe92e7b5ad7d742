"""Where an invoice may be paid by bank: the account that it was issued with, else the present one of its currency."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from billing.models import BankAccount, Invoice
from billing.queries.bank_numbers import RUSSIAN_CURRENCY, compact, is_bik, is_iban
from billing.queries.seller import ACCOUNT_FIELDS


@dataclass(frozen=True, slots=True)
class TransferAccount:
    """A bank account of the seller's, as clients need it."""

    currency: str
    holder: str
    number: str
    bank: str = ""
    bic: str = ""
    correspondent: str = ""

    @property
    def is_russian(self) -> bool:
        """Whether money reaches it through the Bank of Russia: by БИК and correspondent account."""
        return self.currency == RUSSIAN_CURRENCY and is_bik(self.bic)

    @property
    def is_iban(self) -> bool:
        """Whether its number is an IBAN."""
        return is_iban(compact(self.number))

    @property
    def shown_number(self) -> str:
        """As people read it: an IBAN in groups of four."""
        number = compact(self.number)
        return " ".join(number[at : at + 4] for at in range(0, len(number), 4)) if self.is_iban else self.number


def transfer_account(invoice: Invoice) -> TransferAccount | None:
    """The account to pay `invoice` to, or None where nobody has entered one; one query at most."""
    kept: Mapping[str, Any] = invoice.seller.get("account") or {}
    if kept.get("number"):
        return TransferAccount(invoice.currency_id, **{name: kept.get(name, "") for name in ACCOUNT_FIELDS})
    account = BankAccount.objects.filter(currency=invoice.currency_id).first()
    if account is None:
        return None
    return TransferAccount(invoice.currency_id, **{name: getattr(account, name) for name in ACCOUNT_FIELDS})


def transfer_text() -> str:
    """What BANK_DETAILS says, where there is no account of the currency."""
    return str(settings.BANK_DETAILS).replace("\\n", "\n")
