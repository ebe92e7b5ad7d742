"""What a document says, in its own language: finished words and amounts, nothing left to decide for who draws it."""

from dataclasses import dataclass
from enum import StrEnum

from billing.queries.transfers import TransferAccount


class PaperKind(StrEnum):
    """A PROFORMA asks for money, an INVOICE has its number, a CREDIT_NOTE takes back."""

    PROFORMA = "proforma"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit-note"


class Weight(StrEnum):
    """How loud a sum is."""

    PLAIN = "plain"
    TOTAL = "total"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Fact:
    """A labeled value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer: a name, and lines below it (address, numbers, ways to reach it)."""

    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A charge. `tax` is its mark (22 %, "" where taxes are not spoken of), `period` is "" for what has none."""

    position: int
    description: str
    period: str
    tax: str
    amount: str


@dataclass(frozen=True, slots=True)
class Sum:
    """A row below the lines."""

    label: str
    amount: str
    weight: Weight = Weight.PLAIN


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that came or went."""

    day: str
    way: str
    reference: str
    amount: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """How to pay by bank: an account, or `text` where nobody has entered one. `code` is what the QR code holds.

    `is_form`: to be drawn as the form that Russian payment orders are filled in from.
    """

    purpose: str
    account: TransferAccount | None = None
    facts: tuple[Fact, ...] = ()
    tax_id: str = ""
    kpp: str = ""
    text: str = ""
    code: str = ""
    is_form: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole document. `status` and `tone` make the ribbon; "" is none."""

    kind: PaperKind
    language: str
    number: str
    heading: str
    seller: Party
    buyer: Party
    facts: tuple[Fact, ...]
    lines: tuple[PaperLine, ...]
    sums: tuple[Sum, ...]
    status: str = ""
    tone: str = ""
    tax_label: str = ""
    summary: str = ""
    amount_in_words: str = ""
    remarks: tuple[str, ...] = ()
    payments: tuple[Movement, ...] = ()
    refunds: tuple[Movement, ...] = ()
    transfer: Transfer | None = None
    footer: str = ""

    @property
    def has_periods(self) -> bool:
        """Whether any line is for a time."""
        return any(line.period for line in self.lines)
