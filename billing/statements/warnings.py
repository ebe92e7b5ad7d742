"""What an operator should know about a statement, in the words of whoever reads it."""

from collections.abc import Iterable, Sequence
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

REVERSED: Final = "reversed"
EMPTY: Final = "empty"
NO_ACCOUNT: Final = "no_account"
FOREIGN: Final = "foreign"


def warning_words(warnings: Iterable[Sequence[int | str]]) -> list[str]:
    """Sentences for (code, how many or which)."""
    return [_words(str(code), value) for code, value in warnings]


def _words(code: str, value: int | str) -> str:
    if code == NO_ACCOUNT:
        words = _("No bank account is set up, so nobody can say whether %(accounts)s is yours.")
        return words % {"accounts": value}
    if code == FOREIGN:
        return _("Account %(accounts)s is none of yours: its transfers were left out.") % {"accounts": value}
    count = int(value)
    if code == REVERSED:
        words = ngettext(
            "%(count)s transfer was taken back by the bank: look whether it had been confirmed.",
            "%(count)s transfers were taken back by the bank: look whether they had been confirmed.",
            count,
        )
    else:
        words = ngettext(
            "%(count)s entry over nothing was left out.", "%(count)s entries over nothing were left out.", count
        )
    return words % {"count": count}
