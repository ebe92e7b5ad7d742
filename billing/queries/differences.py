"""What an audit of the ledger finds, kept as rows of JSON and told in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from billing.models import Account, LedgerAudit
from catalog.money import format_money


class Document(StrEnum):
    """What can be at odds with the ledger; codes are stored."""

    INVOICE = "invoice"
    PAYMENT = "payment"
    CLIENT = "client"
    AFFILIATE = "affiliate"
    POSTING = "posting"
    TRIGGER = "trigger"


class Fault(StrEnum):
    """Ways of being at odds; codes are stored."""

    AMOUNT = "amount"
    PAYMENTS = "payments"
    STATEMENT = "statement"
    UNBALANCED = "unbalanced"
    EMPTY = "empty"
    OTHER_CLIENT = "other_client"
    UNPROTECTED = "unprotected"


DOCUMENTS: Final[Mapping[Document, str | Promise]] = {
    Document.INVOICE: gettext_lazy("Invoice %(label)s"),
    Document.PAYMENT: gettext_lazy("Payment %(label)s"),
    Document.CLIENT: gettext_lazy("Client %(label)s"),
    Document.AFFILIATE: gettext_lazy("Affiliate %(label)s"),
    Document.POSTING: gettext_lazy("Posting %(label)s"),
    Document.TRIGGER: gettext_lazy("Database trigger %(label)s"),
}
FAULTS: Final[Mapping[Fault, str | Promise]] = {
    Fault.AMOUNT: gettext_lazy("%(account)s should be %(expected)s, the entries come to %(found)s."),
    Fault.PAYMENTS: gettext_lazy("%(account)s of its payments should be %(expected)s, the entries come to %(found)s."),
    Fault.STATEMENT: gettext_lazy("Its balance is %(expected)s, its statement comes to %(found)s."),
    Fault.UNBALANCED: gettext_lazy("Its entries should sum to zero, they come to %(found)s."),
    Fault.EMPTY: gettext_lazy("It has no entries."),
    Fault.OTHER_CLIENT: gettext_lazy("Some of its entries belong to another client."),
    Fault.UNPROTECTED: gettext_lazy("It is missing or altered: the rows that it guards can be changed."),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One document that does not equal its entries: what should be on `account`, and what the entries come to.

    `invoice`: the invoice on whose page it is seen, for documents without a page of their own.
    """

    document: Document
    fault: Fault
    number: int
    label: str
    account: str = ""
    currency: str = ""
    expected: Decimal | None = None
    found: Decimal | None = None
    invoice: int | None = None

    def as_row(self) -> dict[str, Any]:
        """JSON: amounts as text."""
        amounts = {"expected": _text(self.expected), "found": _text(self.found)}
        plain = {name: getattr(self, name) for name in ("number", "label", "account", "currency", "invoice")}
        return {"document": str(self.document), "fault": str(self.fault), **plain, **amounts}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Difference":
        """What `as_row` wrote."""
        amounts = {name: None if row[name] is None else Decimal(row[name]) for name in ("expected", "found")}
        return cls(**{**row, "document": Document(row["document"]), "fault": Fault(row["fault"]), **amounts})

    @property
    def subject(self) -> str:
        """`Invoice 2026-00012`."""
        return str(DOCUMENTS[self.document]) % {"label": self.label}

    @property
    def words(self) -> str:
        """What is wrong with it, as a sentence."""
        return str(FAULTS[self.fault]) % {
            "account": Account(self.account).label if self.account in Account else self.account,
            "expected": self._money(self.expected),
            "found": self._money(self.found),
        }

    def __str__(self) -> str:
        return _("%(subject)s: %(words)s") % {"subject": self.subject, "words": self.words}

    def _money(self, amount: Decimal | None) -> str:
        language = get_language() or settings.LANGUAGE_CODE
        return "" if amount is None else format_money(amount, self.currency, language=language)


def differences_of(audit: LedgerAudit) -> list[Difference]:
    """Those that were kept with an audit, the first that it found."""
    return [Difference.from_row(row) for row in audit.differences]


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
