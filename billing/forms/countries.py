"""Countries to choose from, sorted as the reader's language sorts them."""

import unicodedata
from typing import Final

from django_countries import countries

NONE: Final = ("", "—")
BREVE: Final = "\u0306"


def country_choices() -> list[tuple[str, str]]:
    """(code, name) of each, with "none" in front.

    The library's own order knows Latin letters alone without a collation library: Russian names would stand in the
    order of the English ones.
    """
    named = [(country.code, str(country.name)) for country in countries]
    return [NONE, *sorted(named, key=lambda one: _letters(one[1]))]


def _letters(name: str) -> str:
    """Without what stands over letters, for Åland is sought under A and Ё under Е; but Й is a letter of its own."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return unicodedata.normalize("NFC", "".join(one for one in apart if one == BREVE or not unicodedata.combining(one)))
