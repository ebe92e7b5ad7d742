"""A file from the bank, whatever its format."""

import codecs
from typing import Final

from django.utils.translation import gettext as _

from billing.statements.camt053 import read_camt
from billing.statements.client_bank_1c import MARK, read_client_bank
from billing.statements.transfers import StatementFile, StatementUnreadable

LARGEST_FILE: Final = 10 * 1024 * 1024
MOST_TRANSFERS: Final = 10_000
_BOMS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_statement(content: bytes) -> StatementFile:
    """Recognized by its content. Raises StatementUnreadable."""
    if not content.strip():
        raise StatementUnreadable(_("The file is empty."))
    if len(content) > LARGEST_FILE:
        raise StatementUnreadable(_("The file is larger than %(size)s MB.") % {"size": LARGEST_FILE // 1024**2})
    begin = _beginning(content)
    if begin.startswith("<"):
        found = read_camt(content.lstrip())
    elif begin.startswith(MARK):
        found = read_client_bank(content.lstrip())
    else:
        raise StatementUnreadable(
            _("This is neither a CAMT file (XML) nor a 1C client bank file (1CClientBankExchange).")
        )
    if len(found.transfers) > MOST_TRANSFERS:
        words = _("More than %(count)s transfers are in this file: ask the bank for a shorter period.")
        raise StatementUnreadable(words % {"count": MOST_TRANSFERS})
    return found


def _beginning(content: bytes) -> str:
    head = content[:400]
    if head.startswith(_BOMS[1:]):
        return head.decode("utf-16", "ignore").lstrip()
    return head.removeprefix(_BOMS[0]).decode("latin-1").lstrip()
