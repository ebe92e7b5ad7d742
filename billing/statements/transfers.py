"""What a statement tells, whatever its format. It reads no database and no clock."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

# (code, how many or which): kept so, and put into words for each reader.
Warned = tuple[str, int | str]


class StatementUnreadable(Exception):
    """The file is no statement that can be read; `reason` says why in words, with the line where there is one."""

    def __init__(self, reason: str, *, line: int = 0) -> None:
        self.reason = _("Line %(line)s: %(reason)s") % {"line": line, "reason": reason} if line else reason
        super().__init__(self.reason)


@dataclass(frozen=True, slots=True)
class IncomingTransfer:
    """Money that came to `account`; `reference` is the bank's, "" where it gives none."""

    account: str
    amount: Decimal
    currency: str
    booked_on: date
    reference: str = ""
    purpose: str = ""
    payer_name: str = ""
    payer_account: str = ""
    payer_tax_id: str = ""


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A file that was read: `format` is a StatementFormat value; `warnings` are for `warnings.warning_words`."""

    format: str
    accounts: tuple[str, ...]
    transfers: tuple[IncomingTransfer, ...]
    warnings: tuple[Warned, ...] = ()


def read_amount(text: str, *, line: int) -> Decimal:
    """`1234.56`, with a comma too. Raises StatementUnreadable for anything but zero or more."""
    try:
        amount = Decimal("".join(text.split()).replace(",", "."))
    except InvalidOperation as error:
        raise StatementUnreadable(_("“%(text)s” is no amount.") % {"text": text[:50]}, line=line) from error
    if not amount.is_finite() or amount < 0 or amount >= Decimal(10) ** 12:
        raise StatementUnreadable(_("“%(text)s” is no amount.") % {"text": text[:50]}, line=line)
    return amount


def one_line(text: str) -> str:
    """Without line breaks and double spaces."""
    return " ".join(text.split())
