"""Addresses made from names, Cyrillic ones too."""

from collections.abc import Collection
from typing import Final

from django.utils.text import slugify

LETTERS: Final = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
        "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
        "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu",
        "я": "ya", "і": "i", "ї": "yi", "є": "ye", "ґ": "g",
    }
)  # fmt: skip
MAX_LENGTH: Final = 100


def guess_slug(name: str, *, fallback: str, taken: Collection[str] = ()) -> str:
    """`Модули ispmanager` → `moduli-ispmanager`; with -2, -3 … behind it while it is among `taken`.

    `fallback` serves for names without a single letter or digit that we can write in Latin.
    """
    base = slugify(name.lower().translate(LETTERS))[:MAX_LENGTH].strip("-_") or fallback
    slug, number = base, 1
    while slug in taken:
        number += 1
        ending = f"-{number}"
        slug = base[: MAX_LENGTH - len(ending)] + ending
    return slug
