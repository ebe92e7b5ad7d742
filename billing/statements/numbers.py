"""Numbers of documents in what payers write, however they write them. It reads no database and no clock."""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

Tokens = tuple[str, ...]

# Cyrillic letters that look like Latin ones: people type either.
_ALIKE: Final = str.maketrans("АВЕЁКМНОРСТУХ", "ABEEKMHOPCTYX")
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|[№#]")
# «Счет», «счёту», «сч.» after the letters above, and their like.
_BEFORE_A_NUMBER: Final = re.compile(r"CЧ.{0,5}|INV|INVOICE|BILL|RE|RECHNUNG|ORDER|ЗAKAЗ.{0,2}|N|NO|NR|[№#]")
# Fewer digits than that are a number only behind a word that says so.
_TELLING_DIGITS: Final = 7
_LONGEST_BARE: Final = 9


def tokens_of(text: str) -> Tokens:
    """Words and numbers: case, look-alikes, separators and leading zeros make no difference."""
    return tuple(
        token.lstrip("0") or "0" if token.isdigit() else token
        for token in _TOKEN.findall(text.upper().translate(_ALIKE))
    )


def without_separators(number: str) -> str:
    """`INV-2026-00012` as some write it: `INV202600012`."""
    return re.sub(r"\W+", "", number)


def is_telling(tokens: Tokens) -> bool:
    """Whether a number says by itself that it is one of ours; a short figure could be anything."""
    return len(tokens) > 1 or (len(tokens) == 1 and len(tokens[0]) >= _TELLING_DIGITS)


def find_named[Found](text: Tokens, known: Mapping[Tokens, Found], *, longest: int) -> list[Found]:
    """What `known` holds of numbers in a text, in the order of the text; a longer number wins over its beginning."""
    found: list[Found] = []
    at = 0
    while at < len(text):
        for length in range(min(longest, len(text) - at), 0, -1):
            if (one := known.get(text[at : at + length])) is not None:
                if one not in found:
                    found.append(one)
                at += length - 1
                break
        at += 1
    return found


def find_bare(text: Tokens) -> Iterable[str]:
    """Short numbers that stand behind a word for an invoice: «счет 12», `# 12`."""
    for before, token in pairwise(text):
        if token.isdigit() and len(token) <= _LONGEST_BARE and _BEFORE_A_NUMBER.fullmatch(before):
            yield token
